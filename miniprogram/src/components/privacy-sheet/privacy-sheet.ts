/** WeChat's rule: the privacy notice is agreed to before a phone number is asked for. Shown only while it is not. */
Component({
  data: { asking: false, contract: '《用户隐私保护指引》' },
  lifetimes: {
    attached() {
      wx.getPrivacySetting({
        success: ({ needAuthorization, privacyContractName }) => {
          if (needAuthorization) this.setData({ asking: true, contract: privacyContractName });
        },
      });
    },
  },
  methods: {
    read() { wx.openPrivacyContract({ fail: () => undefined }); },
    agree() {
      this.setData({ asking: false });
      this.triggerEvent('agreed');
    },
    later() { this.setData({ asking: false }); },
  },
});
