//! A property company's spreadsheets, read by rule.
