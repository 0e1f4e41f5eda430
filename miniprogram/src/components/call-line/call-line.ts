/** Whom to call, one tap away. */
Component({
  properties: { phone: String },
  methods: {
    call() { wx.makePhoneCall({ phoneNumber: this.data.phone, fail: () => undefined }); },
  },
});
