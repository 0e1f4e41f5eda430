// On exparser and Tencent's own compiler: what most phones run.

import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';

const simulate = createRequire(import.meta.url)('miniprogram-simulate');
const root = path.resolve('dist');

function render(name: string, properties: object) {
  const id = simulate.load(path.join(root, 'components', name, name), { rootPath: root });
  const component = simulate.render(id, properties);
  component.attach(document.createElement('div'));
  return component;
}

function heard(component: { addEventListener: (name: string, run: (event: { detail: unknown }) => void) => void }, name: string) {
  const found: unknown[] = [];
  component.addEventListener(name, (event) => found.push(event.detail));
  return found;
}

const row = { id: 'b1', house: '1-1-101', title: '物业费 2026年11月', note: '应缴日期 11月30日', owed: '¥185.29', overdue: true, ticked: true };

test('a bill shows what is owed and since when, and tells of taps by its id', async () => {
  const component = render('bill-row', { row });
  expect(component.dom.textContent).toContain('¥185.29');
  expect(component.dom.textContent).toContain('已到期');
  const [ticks, opens] = [heard(component, 'tick'), heard(component, 'open')];
  component.querySelector('.tick').dispatchEvent('tap');
  component.querySelector('.why').dispatchEvent('tap');
  await simulate.sleep(0);
  expect([ticks, opens]).toEqual([[{ id: 'b1' }], [{ id: 'b1' }]]);
});

test('a page without anything says what to do, and its button tells', async () => {
  const component = render('state-view', { kind: 'error', headline: '没有打开', words: '请看看手机网络', action: '再试一次' });
  expect(component.dom.textContent).toContain('请看看手机网络');
  const again = heard(component, 'again');
  component.instance.press();
  expect(again).toHaveLength(1);
});

test('the pay button does nothing while one tap is under way or nothing is ticked', () => {
  for (const [properties, taps] of [[{ count: 2, busy: false }, 1], [{ count: 2, busy: true }, 0], [{ count: 0, busy: false }, 0]] as const) {
    const component = render('pay-bar', { total: '¥185.29', ...properties });
    const told = heard(component, 'pay');
    component.instance.pay();
    expect(told).toHaveLength(taps);
  }
});

test('a receipt shows its number, each bill and the sum', () => {
  const receipt = {
    id: 'r', number: 'CH-2026-000001', house_id: 'h', house: '1-1-101', amount_fen: 18_529, issued_at: '2026-11-23T02:31:00Z',
    lines: [{ bill_id: 'b', fee_item: '物业费', period_start_day: 20_758, period_end_day: 20_787, amount_fen: 18_529 }],
  };
  const text = render('receipt-card', { receipt }).dom.textContent;
  for (const words of ['CH-2026-000001', '1-1-101 物业费 2026年11月', '¥185.29', '2026年11月23日 10:31']) expect(text).toContain(words);
});
