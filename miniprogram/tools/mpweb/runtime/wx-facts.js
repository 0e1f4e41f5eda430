// `wx` calls that answer at once: storage and what the phone is.

/** Phones in one browser keep apart by the name their host gives them. */
const PREFIX = `mp:${globalThis.__wxHost?.phone ?? ''}:`;
const BAR_PX = 44;

const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

const storage = {
  setStorageSync: (key, value) => localStorage.setItem(PREFIX + key, JSON.stringify(value)),
  getStorageSync: (key) => {
    const text = localStorage.getItem(PREFIX + key);
    return text === null ? '' : JSON.parse(text);
  },
  removeStorageSync: (key) => localStorage.removeItem(PREFIX + key),
  clearStorageSync: () => keys().forEach((key) => localStorage.removeItem(key)),
  getStorageInfoSync: () => ({ keys: keys().map((key) => key.slice(PREFIX.length)), currentSize: 0, limitSize: 10_240 }),
};

const windowInfo = () => ({
  pixelRatio: devicePixelRatio, screenWidth: innerWidth, screenHeight: innerHeight, windowWidth: innerWidth,
  windowHeight: innerHeight - BAR_PX, statusBarHeight: 0, screenTop: 0,
  safeArea: { left: 0, right: innerWidth, top: 0, bottom: innerHeight, width: innerWidth, height: innerHeight },
});
const deviceInfo = () => ({ brand: 'mpweb', model: 'browser', platform: 'android', system: 'Android 14', benchmarkLevel: 30 });
const appBaseInfo = () => ({
  SDKVersion: '3.8.0', version: '8.0.60', language: 'zh_CN', theme: 'light', enableDebug: false, fontSizeSetting: 16,
  host: { env: 'WeChat' },
});

/** A chain that does nothing, for animations. */
const chain = () => {
  const proxy = new Proxy({}, { get: (_, name) => (name === 'export' ? () => ({ actions: [] }) : () => proxy) });
  return proxy;
};

export function synchronous({ shell, pages }) {
  return {
    ...storage,
    getWindowInfo: windowInfo, getDeviceInfo: deviceInfo, getAppBaseInfo: appBaseInfo,
    getSystemInfoSync: () => ({ ...windowInfo(), ...deviceInfo(), ...appBaseInfo() }),
    getSystemSetting: () => ({}), getAppAuthorizeSetting: () => ({}),
    getMenuButtonBoundingClientRect: () => (
      { width: 87, height: 32, top: 6, bottom: 38, left: innerWidth - 94, right: innerWidth - 7 }),
    getAccountInfoSync: () => ({ miniProgram: { appId: 'wx0000000000000000', envVersion: 'develop', version: '' } }),
    getLaunchOptionsSync: () => shell.enterOptions, getEnterOptionsSync: () => shell.enterOptions,
    nextTick: (run) => { Promise.resolve().then(run); },
    createSelectorQuery: () => pages.top().caller.createSelectorQuery(),
    createIntersectionObserver: (component, options) => component.createIntersectionObserver(options),
    getUpdateManager: () => ({ onCheckForUpdate() {}, onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }),
    createAnimation: chain, reportEvent() {}, getExptInfoSync: () => ({}), getExtConfigSync: () => ({}),
  };
}
