// Large letters: chosen here, or in WeChat for everything.

const KEY = 'large_font';
/** WeChat's own setting in px; from here on its owner has asked for large letters. */
const LARGE_FROM_PX = 19;

/** Chosen here; without a choice, as in WeChat. */
export function isLarge(): boolean {
  const chosen = wx.getStorageSync(KEY) as boolean | '';
  if (chosen !== '') return chosen;
  const { fontSizeSetting } = wx.getAppBaseInfo() as { fontSizeSetting?: number };
  return (fontSizeSetting ?? 0) >= LARGE_FROM_PX;
}

export function setLarge(large: boolean): void {
  wx.setStorageSync(KEY, large);
}

/** The class of a page's outermost view. */
export const fontClass = () => (isLarge() ? 'page large' : 'page');
