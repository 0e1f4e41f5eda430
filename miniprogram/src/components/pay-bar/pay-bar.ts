/** The sum of what is ticked, and the one button. A tap while one is under way does nothing. */
Component({
  properties: {
    total: String,
    /** Bills that are ticked. */
    count: { type: Number, value: 0 },
    busy: Boolean,
    /** The button asks WeChat for the phone number first. */
    needsPhone: Boolean,
  },
  methods: {
    pay() { if (!this.data.busy && this.data.count > 0) this.triggerEvent('pay'); },
    phone(event: WechatMiniprogram.ButtonGetPhoneNumber) { this.triggerEvent('phone', event.detail); },
  },
});
