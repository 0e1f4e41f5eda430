-- Rows for what the fourth migration adds.
INSERT INTO house_field (id, name, definition, per_period, created_by, created_at_ms, retired_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000400}, '楼层系数', '{"name":"楼层系数","kind":"number"}', FALSE, NULL,
     1793000000000, NULL);

INSERT INTO house_field_value (house_id, field_id, from_day, value, set_by, set_at_ms) VALUES
    ({uuid:01990000-0000-7000-8000-000000000100}, {uuid:01990000-0000-7000-8000-000000000400}, 20758, '"1.1"', NULL,
     1793000000000);

INSERT INTO holiday_year (year, arrangement, set_by, set_at_ms) VALUES
    (2027, '{"holidays":["2027-01-01"],"makeup_workdays":[],"source":"国务院办公厅通知"}', NULL, 1793000000000);
