// What the page asks the demo for.

/** What went wrong, in words a person can act on. */
class Problem extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const NO_ANSWER = '没有连上服务，内容都还在。请稍候再点一次。';

export async function demo(path, body) {
  const init = body === undefined ? {}
    : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  let value = null;
  let answer;
  try {
    answer = await fetch(`/demo/api/${path}`, init);
    const text = await answer.text();
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new Problem('no_answer', NO_ANSWER);
  }
  if (answer.ok) return value;
  const error = value?.error ?? value ?? {};
  throw new Problem(error.code ?? String(answer.status), error.message || '没有办成，请稍后再试。');
}
