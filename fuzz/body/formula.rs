//! What must hold of any text that is given as a formula. Shared by the fuzz target and by a test on the stable
//! compiler that feeds it mutated formulas.

use std::sync::{Arc, LazyLock};

use domain::formula::{
    Constants, ERRORS_MAX, Field, FieldKind, Formula, FormulaError, Inputs, Names, Purpose, TEXT_CHARS_MAX, Trace,
    Unit, tidy,
};
use domain::holidays::HolidayCalendar;
use serde_json::{Map, Value, json};

/// Inputs of every kind, and what they are in every run.
struct World {
    names: [Names; 3],
    values: Map<String, Value>,
    calendar: Arc<HolidayCalendar>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let number = |name: &str, unit: &str| Field::number(name, Unit::parse(unit).unwrap_or_default());
    let of = |name: &str, kind| Field::new(name, kind, Unit::Number);
    let mut choice = of("用途", FieldKind::Choice);
    choice.options = ["生活", "采暖", "其他用途"].map(str::to_owned).to_vec();
    let mut table = of("欠费", FieldKind::Table);
    table.columns = vec![number("金额", "元"), of("起日", FieldKind::Day), of("已付", FieldKind::Flag)];
    let fields = [
        number("用电量", "度"),
        number("停车分钟", "分钟"),
        number("人数", ""),
        of("停热", FieldKind::Flag),
        of("入场", FieldKind::Moment),
        of("出场", FieldKind::Moment),
        of("到期日", FieldKind::Day),
        of("缴费日", FieldKind::Day),
        choice,
        table,
    ];
    let mut constants = Constants::default();
    for (name, value) in [("单价", "1.80"), ("固定金额", "30"), ("电价", "0.5元/度"), ("系数", "1.2")] {
        constants.insert(name, value).expect("constants of the test");
    }
    let purposes = [Purpose::Monthly, Purpose::Once, Purpose::Settlement];
    let names = purposes
        .map(|purpose| Names::with(&constants).for_purpose(purpose).with_fields(&fields).expect("fields of the test"));
    let values = json!({
        "建筑面积": "102.94", "套内面积": "80.5", "用电量": "417.3", "停车分钟": "2950", "人数": "5", "停热": true,
        "入场": "2026-02-13T18:40", "出场": "2026-02-16T07:05", "到期日": "2025-12-21", "缴费日": "2026-01-10",
        "用途": "采暖",
        "欠费": [
            {"金额": "1000", "起日": "2025-12-21", "已付": false},
            {"金额": "0.01", "起日": "2026-01-31", "已付": true},
            {"金额": "400", "起日": "2026-02-28", "已付": true},
        ],
    });
    let values = values.as_object().cloned().unwrap_or_default();
    World { names, values, calendar: Arc::new(HolidayCalendar::published()) }
});

/// Compiles the text for every purpose, and evaluates what compiles.
///
/// # Panics
/// Where something does not hold.
pub fn exercise(text: &str) {
    for names in &WORLD.names {
        match Formula::compile(text, names) {
            Ok(formula) => evaluated(&formula, names),
            Err(errors) => refused(text, &errors),
        }
    }
}

/// Bytes are a text, however wrong.
pub fn exercise_bytes(bytes: &[u8]) {
    exercise(&String::from_utf8_lossy(bytes));
}

/// Every mistake has a place inside the text, a code, words and a remedy.
fn refused(text: &str, errors: &[FormulaError]) {
    assert!((1..=ERRORS_MAX).contains(&errors.len()), "{text}");
    let length = text.chars().count();
    for error in errors {
        assert!(error.span.start <= error.span.end && error.span.end <= length, "{text}: {error:?}");
        assert!(error.code().starts_with("formula_") && !error.to_string().is_empty(), "{text}");
        assert!(!error.problem.remedy().is_empty(), "{text}");
    }
}

fn bound(formula: &Formula) -> Inputs {
    let mut inputs = formula.bind_json(&WORLD.values).expect("values of the test");
    inputs.set_calendar(Arc::clone(&WORLD.calendar));
    inputs
}

fn evaluated(formula: &Formula, names: &Names) {
    let text = formula.text();
    let inputs = bound(formula);
    let value = formula.evaluate(&inputs);
    let told = formula.explain(&inputs);
    assert_eq!(value.as_ref().err(), told.as_ref().err(), "{text}");
    if let (Ok(value), Ok((explained, trace))) = (&value, &told) {
        assert_eq!((explained, trace.value()), (value, Some(*value)), "{text}");
        assert_eq!(trace.words().len(), trace.steps.len(), "{text}");
        let stored = serde_json::to_string(trace).expect("a trace is JSON");
        assert_eq!(serde_json::from_str::<Trace>(&stored).ok().as_ref(), Some(trace), "{text}");
        let mut again = formula.bind_json(&formula.snapshot(&inputs)).expect("what was stored is read");
        again.set_calendar(Arc::clone(&WORLD.calendar));
        assert_eq!(formula.evaluate(&again).as_ref(), Ok(value), "{text}");
    }
    let tidied = tidy(text).expect("what compiles has a spelling");
    if tidied.chars().count() > TEXT_CHARS_MAX {
        return;
    }
    match Formula::compile(&tidied, names) {
        Ok(same) => {
            assert_eq!(same.evaluate(&bound(&same)), value, "{text} tidied as {tidied}");
            assert_eq!(tidy(&tidied).ok(), Some(tidied.clone()), "{text}");
        }
        // The brackets a negation needs can be one level more than there may be.
        Err(errors) => assert!(errors.iter().all(|error| error.code() == "formula_too_deep"), "{text}: {errors:?}"),
    }
}
