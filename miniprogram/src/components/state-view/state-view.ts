/** A page that has nothing to show yet: loading, empty, or not reached. Always with what to do next. */
Component({
  properties: {
    /** `loading`, `empty` or `error`. */
    kind: { type: String, value: 'loading' },
    headline: String,
    words: String,
    /** The words of the button; none without. */
    action: String,
  },
  methods: {
    press() { this.triggerEvent('again'); },
  },
});
