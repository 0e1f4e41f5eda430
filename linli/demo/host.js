// Speaks for WeChat in the demo's phones: who signs in, the phone number, the payment sheet, the consent pop-up.
// The page that frames a phone says whose it is: index.html?person=1&app=…&wechat=…

(() => {
  const asked = new URLSearchParams(location.search);
  const person = Number(asked.get('person'));
  const app = asked.get('app');
  const wechat = asked.get('wechat');

  async function outside(method, path, body) {
    const init = body ? { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : { method };
    const answer = await fetch(`${wechat}/_sim/${path}`, init);
    const value = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(value.message), { code: value.code });
    return value;
  }
  const tell = (path, body) => outside('POST', path, body);

  function make(tag, className, text = '') {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
  }

  /** A sheet with words and two buttons; true for the first. */
  function sheet(label, words, yes, no) {
    return new Promise((answer) => {
      const shade = make('div', 'mp-mask');
      const box = make('div', 'mp-modal');
      box.setAttribute('role', 'dialog');
      box.setAttribute('aria-label', label);
      box.append(make('div', 'mp-modal-title', label), ...words);
      for (const [text, value, kind] of [[no, false, 'half'], [yes, true, 'half main']]) {
        const button = make('button', kind, text);
        button.type = 'button';
        button.onclick = () => {
          shade.remove();
          answer(value);
        };
        box.append(button);
      }
      shade.append(box);
      document.body.append(shade);
      box.querySelector('.main').focus();
    });
  }

  const line = (text) => make('div', 'mp-modal-words', text);
  const yuan = (fen) => `¥${String(Math.floor(fen / 100)).replace(/\B(?=(\d{3})+$)/g, ',')}.${String(fen % 100).padStart(2, '0')}`;

  async function pay(params) {
    const orders = await outside('GET', 'orders');
    const open = orders.filter((order) => order.payer === person).pop();
    const amount = make('div', 'mp-modal-title', open ? yuan(open.total_fen) : '');
    const words = [line('模拟付款，不会真的扣钱'), line(open?.description ?? ''), amount];
    if (!(await sheet('微信支付', words, '确认支付', '先不付'))) return { errMsg: 'requestPayment:fail cancel' };
    try {
      await tell('pay', { person, params });
    } catch (problem) {
      return { errMsg: `requestPayment:fail ${problem.code ?? problem.message}` };
    }
    return {};
  }

  async function consent({ tmplIds }) {
    const accept = await sheet('订阅消息', [line('物业申请在出账单时给您发一次消息')], '允许', '取消');
    const templates = tmplIds.map((template_id) => ({ template_id, accept }));
    await tell('popup', { person, appid: app, templates });
    return Object.fromEntries(tmplIds.map((id) => [id, accept ? 'accept' : 'reject']));
  }

  async function phoneNumber() {
    const given = await sheet('手机号', [line('物业缴费 申请获取您的手机号')], '允许', '不允许');
    if (!given) return { errMsg: 'getPhoneNumber:fail user deny' };
    return { ...(await tell('phone-code', { person })), errMsg: 'getPhoneNumber:ok' };
  }

  window.__wxHost = {
    phone: `${app}-${person}`,
    getAccountInfoSync: () => ({ miniProgram: { appId: app, envVersion: 'develop', version: '' } }),
    login: () => tell('login-code', { appid: app, person }),
    requestPayment: pay,
    requestSubscribeMessage: consent,
    getPhoneNumber: phoneNumber,
  };
})();
