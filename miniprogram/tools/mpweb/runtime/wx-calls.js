// `wx` calls that answer later, as far as a browser can do them by itself.

import { ask, choose, toast } from './dialogs.js';

const TIMEOUT_MS = 60_000;
const FORBIDDEN_HEADERS = /^(referer|user-agent|cookie)$/i;

function body(method, data) {
  if (method === 'GET' || data === undefined) return undefined;
  return typeof data === 'string' || data instanceof ArrayBuffer ? data : JSON.stringify(data);
}

function address(method, url, data) {
  if (method !== 'GET' || !data || typeof data !== 'object') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(data)}`;
}

function read(text, dataType = 'json') {
  if (dataType !== 'json') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const request = ({ url, method: wanted = 'GET', data, header = {}, timeout, dataType }) => new Promise((answer, fail) => {
  const method = wanted.toUpperCase();
  const call = new XMLHttpRequest();
  call.open(method, address(method, url, data));
  for (const [name, value] of Object.entries({ 'content-type': 'application/json', ...header })) {
    if (!FORBIDDEN_HEADERS.test(name)) call.setRequestHeader(name, value);
  }
  call.timeout = timeout ?? TIMEOUT_MS;
  call.onload = () => answer({
    statusCode: call.status, data: read(call.responseText, dataType), cookies: [], errMsg: 'request:ok',
    header: Object.fromEntries(call.getAllResponseHeaders().trim().split(/\r?\n/).map((line) => line.split(': '))),
  });
  call.onerror = () => fail({ errMsg: 'request:fail ' });
  call.ontimeout = () => fail({ errMsg: 'request:fail timeout' });
  call.send(body(method, data));
});

/** Nobody speaks for WeChat Pay: only the shape is looked at, and nothing is paid. */
function requestPayment(params) {
  for (const name of ['timeStamp', 'nonceStr', 'package', 'paySign']) {
    if (typeof params[name] !== 'string') {
      throw { errMsg: `requestPayment:fail parameter error: parameter.${name} should be String` };
    }
  }
  return { errMsg: 'requestPayment:fail nobody pays here' };
}

const storage = (facts) => ({
  setStorage: ({ key, data }) => facts.setStorageSync(key, data),
  removeStorage: ({ key }) => facts.removeStorageSync(key),
  getStorage: ({ key }) => {
    const data = facts.getStorageSync(key);
    if (data === '') throw { errMsg: 'getStorage:fail data not found' };
    return { data };
  },
});

const navigation = (pages) => {
  const go = (kind) => ({ url }) => { pages.go(kind, url); };
  return {
    navigateTo: go('navigateTo'), redirectTo: go('redirectTo'), reLaunch: go('reLaunch'), switchTab: go('switchTab'),
    navigateBack: (args) => pages.back(args?.delta),
  };
};

const nothing = () => ({});

export function asynchronous({ pages, shell }, facts) {
  return {
    request, requestPayment, showModal: ask, showActionSheet: choose, ...storage(facts), ...navigation(pages),
    login: () => ({ errMsg: 'login:fail nobody signs in here' }),
    requestSubscribeMessage: ({ tmplIds }) => Object.fromEntries(tmplIds.map((id) => [id, 'reject'])),
    showToast: ({ title, duration = 1_500 }) => toast(title, duration),
    showLoading: ({ title }) => toast(title),
    hideToast: () => toast(), hideLoading: () => toast(),
    setNavigationBarTitle: ({ title }) => { pages.top().title.textContent = title; },
    startPullDownRefresh: () => pages.top().caller.onPullDownRefresh?.(),
    pageScrollTo: ({ scrollTop = 0 }) => pages.top().body.scrollTo(0, scrollTop),
    setClipboardData: ({ data }) => { shell.clipboard = data; },
    getPrivacySetting: () => ({ needAuthorization: false, privacyContractName: '用户隐私保护指引' }),
    getSystemInfo: () => facts.getSystemInfoSync(),
    getNetworkType: () => ({ networkType: navigator.onLine ? 'wifi' : 'none' }),
    getSetting: () => ({ authSetting: {}, subscriptionsSetting: { mainSwitch: true, itemSettings: {} } }),
    checkSession: nothing, stopPullDownRefresh: nothing, makePhoneCall: nothing, openPrivacyContract: nothing,
    vibrateShort: nothing, hideKeyboard: nothing, hideHomeButton: nothing, previewImage: nothing, openSetting: nothing,
    setNavigationBarColor: nothing, setBackgroundColor: nothing, showShareMenu: nothing, enableAlertBeforeUnload: nothing,
    disableAlertBeforeUnload: nothing,
  };
}
