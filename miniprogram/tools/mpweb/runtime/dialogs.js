// What WeChat itself draws over a page: toasts, questions, lists to choose from.

function make(className, text = '') {
  const element = document.createElement('div');
  element.className = className;
  element.textContent = text;
  return element;
}

function button(words, press, kind = '') {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = kind;
  element.textContent = words;
  element.onclick = press;
  return element;
}

function sheet(label) {
  const shade = make('mp-mask');
  const box = make('mp-modal');
  box.setAttribute('role', 'dialog');
  box.setAttribute('aria-label', label);
  shade.append(box);
  document.body.append(shade);
  return { box, close: () => shade.remove() };
}

export function toast(words, duration_ms) {
  document.querySelector('.mp-toast')?.remove();
  if (words === undefined) return;
  const element = make('mp-toast', words);
  element.setAttribute('role', 'status');
  document.body.append(element);
  if (duration_ms) setTimeout(() => element.remove(), duration_ms);
}

/** The answer of `wx.showModal`. */
export const ask = ({ title = '', content = '', cancelText = '取消', confirmText = '确定', showCancel = true }) =>
  new Promise((answer) => {
    const { box, close } = sheet(title || content);
    const finish = (confirm) => () => {
      close();
      answer({ confirm, cancel: !confirm });
    };
    box.append(make('mp-modal-title', title), make('mp-modal-words', content));
    if (showCancel) box.append(button(cancelText, finish(false), 'half'));
    box.append(button(confirmText, finish(true), showCancel ? 'half main' : 'main'));
  });

/** The answer of `wx.showActionSheet`: the place of what was chosen. */
export const choose = ({ itemList, alertText = '' }) => new Promise((answer, fail) => {
  const { box, close } = sheet(alertText || '请选择');
  if (alertText) box.append(make('mp-modal-words', alertText));
  itemList.forEach((words, tapIndex) => box.append(button(words, () => {
    close();
    answer({ tapIndex });
  })));
  box.append(button('取消', () => {
    close();
    fail({ errMsg: 'showActionSheet:fail cancel' });
  }, 'quiet'));
});

/** A day, chosen with the browser's own field. Nothing when the owner thought better of it. */
export const chooseDay = ({ start, end, value }) => new Promise((answer) => {
  const { box, close } = sheet('选择日期');
  const field = document.createElement('input');
  Object.assign(field, { type: 'date', min: start ?? '', max: end ?? '', value: value ?? '' });
  field.setAttribute('aria-label', '日期');
  const finish = (day) => () => {
    close();
    answer(day());
  };
  box.append(field, button('取消', finish(() => null), 'half'), button('确定', finish(() => field.value || null), 'half main'));
});
