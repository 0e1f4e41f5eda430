//! The outside world: WeChat, WeChat Pay, SMS and voice vendors, with mischief.
