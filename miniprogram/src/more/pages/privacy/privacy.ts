import { fontClass } from '../../../prefs/font';

const PARTS = [
  { title: '我们知道什么', lines: ['微信登录的编号：认出这部手机是谁。', '您同意后的手机号：找到登记在物业的房屋。', '您填写的姓名、房号、手机号后四位：核对房屋。', '账单、缴费、收据和发给您的消息。'] },
  { title: '用来做什么', lines: ['显示您的账单、收款、开收据、按您的同意发提醒。', '不用于广告，不卖给别人。'] },
  { title: '怎样保管', lines: ['手机号和姓名加密保存，页面和消息里只显示一部分。', '付款由微信支付完成，我们不接触银行卡。'] },
  { title: '您可以', lines: ['解除房屋绑定，撤回提醒，退出登录。', '要求查看、更正或删除资料：请打物业电话。'] },
];

Page({
  data: { fontClass: 'page', parts: PARTS },
  onShow() { this.setData({ fontClass: fontClass() }); },
  read() { wx.openPrivacyContract({ fail: () => undefined }); },
});
