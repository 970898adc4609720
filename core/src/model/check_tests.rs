use super::super::request::{CALL, CANCEL, CREATE, DESCRIBE, DOCUMENT, KEYS, LIST, QUOTE, SETTLE, TRACK, WEBHOOK};
use super::super::shape::{opt, req};
use super::*;
use crate::json::json;
use fastrand::Rng;

static INNER: Shape = Shape { name: "Inner", fields: &[req("weight", Kind::Decimal, "how heavy")] };
static OUTER: Shape = Shape {
    name: "Outer",
    fields: &[
        req("items", Kind::List(&Kind::Object(&INNER), 3), ""),
        opt("note", Kind::Text(5), ""),
        opt("count", Kind::Integer(1, 9), ""),
    ],
};

fn said(mut value: Value) -> Vec<String> {
    request(&mut value, &OUTER).into_iter().map(|p| format!("{}: {}", p.field, p.message)).collect()
}

#[test]
fn a_problem_names_its_path_and_the_nearest_name() {
    assert_eq!(
        said(json!({"items": [{"wieght": 1, "weight": "2.5"}]})),
        ["items[0].wieght: unknown field; did you mean `weight`?"]
    );
}

#[test]
fn every_problem_is_reported_at_once() {
    let said = said(json!({"items": [{"weight": -1}, {}, 7], "note": "ñandúes", "count": "1e3"}));
    assert_eq!(said.len(), 5, "{said:?}");
    assert!(said[0].contains("can't be negative"));
    assert!(said[1].contains("items[1].weight: is required"));
    assert!(said[2].contains("items[2]: an object is needed, not a number"));
    assert!(said[3].contains("has 7 characters; at most 5"));
    assert!(said[4].contains("between 1 and 9"));
}

#[test]
fn null_is_the_same_as_absent() {
    assert!(said(json!({"items": [], "note": null})).is_empty());
    assert_eq!(said(json!({"items": null})).len(), 1);
}

/// Every kind in every place, besides what requests have.
static ALL: Shape = Shape {
    name: "All",
    fields: &[
        req("kinds", Kind::Object(&KINDS), "one of each"),
        opt("lists", Kind::List(&Kind::List(&Kind::Object(&KINDS), 2), 2), ""),
        opt("names", Kind::Names(&Kind::Object(&KINDS)), ""),
        opt("either", Kind::Either(&Kind::List(&Kind::Object(&KINDS), 2), &Kind::Object(&KINDS)), ""),
    ],
};
static KINDS: Shape = Shape {
    name: "Kinds",
    fields: &[
        req("text", Kind::Text(9), "a text"),
        opt("filled", Kind::Filled(9), ""),
        opt("raw", Kind::Raw(9), ""),
        opt("phone", Kind::Phone, ""),
        req("choice", Kind::Choice(&["uno", "dos"]), ""),
        opt("count", Kind::Integer(-9, 9_007_199_254_740_991), ""),
        req("few", Kind::Integer(1, 9), ""),
        opt("decimal", Kind::Decimal, ""),
        opt("signed", Kind::SignedDecimal, ""),
        opt("decimal_text", Kind::DecimalText, ""),
        opt("flag", Kind::Flag, ""),
        opt("code", Kind::Capitals(3), ""),
        opt("date", Kind::Date, ""),
        opt("time", Kind::Time, ""),
        opt("instant", Kind::Instant, ""),
        opt("texts", Kind::Names(&Kind::Text(9)), ""),
        opt("id", Kind::Id, ""),
        opt("day", Kind::Either(&Kind::Date, &Kind::Instant), ""),
        opt("code_or_more", Kind::Either(&Kind::Text(9), &Kind::Object(&INNER)), ""),
        opt("more_or_code", Kind::Either(&Kind::Object(&INNER), &Kind::Text(9)), ""),
        opt("flag_or_one", Kind::Either(&Kind::Flag, &Kind::Choice(&["1"])), ""),
        opt("any", Kind::Any, ""),
    ],
};

fn odd(rng: &mut Rng) -> Value {
    let values = [
        json!(null),
        json!(""),
        json!(" "),
        json!("\u{200e} "),
        json!([]),
        json!({}),
        json!(true),
        json!(7),
        json!(-7),
        json!("7"),
        json!("-0"),
        json!(1.5),
        json!("2.0"),
        json!(2.0),
        json!(2.000_000_000_000_000_4),
        json!("0.30000000000000004"),
        json!("0.1000000000000000055511151231257827021181583404541015625"),
        json!("0.1234567890123456789012345678901234567890"),
        json!("1e2"),
        json!("12.500"),
        json!("1,5"),
        json!("12.500,00"),
        json!("x"),
        json!("A\u{303}b\tc "),
        json!(" \u{feff}x\u{a0}\n"),
        json!("+57\u{a0}321\u{2011}4567"),
        json!("\0"),
        json!("y".repeat(20)),
        json!("ñ".repeat(5000)),
        json!("cop"),
        json!("2026-02-30"),
        json!([null]),
        json!(["a", " b "]),
        json!({"0": " a "}),
        json!({"name": "", "value": null}),
        json!({" n\u{303} ": "", "n": []}),
        json!({"code": " a", "name": []}),
    ];
    values[rng.usize(..values.len())].clone()
}

/// A value of this kind, often written in another way, sometimes wrong.
fn some(rng: &mut Rng, kind: Kind, odds: f64) -> Value {
    if rng.f64() < odds {
        return odd(rng);
    }
    let pick = |rng: &mut Rng, values: &[Value]| values[rng.usize(..values.len())].clone();
    match kind {
        Kind::Text(_) | Kind::Filled(_) | Kind::Raw(_) | Kind::Id => {
            pick(rng, &[json!("Bogotá"), json!("a"), json!(" a b "), json!("n\u{303}"), json!("Calle 9")])
        }
        Kind::Phone => pick(rng, &[json!("3001234567"), json!("+57\u{a0}300\t12"), json!("(1) 2-3")]),
        Kind::Choice(choices) => json!(choices[rng.usize(..choices.len())]),
        Kind::Integer(..) => pick(rng, &[json!(1), json!("2"), json!(3.0), json!(" 4.0 "), json!(5)]),
        Kind::Decimal | Kind::SignedDecimal => pick(
            rng,
            &[json!(1), json!(0.5), json!("12.50"), json!(0.300_000_000_000_000_04), json!("1.000"), json!("91")],
        ),
        Kind::DecimalText => pick(rng, &[json!("1"), json!("12.50 "), json!("-1")]),
        Kind::Flag => json!(rng.bool()),
        Kind::Capitals(length) => json!(["CO", "COP", "CLP", "MX"].iter().find(|code| code.len() == length)),
        Kind::Date => json!("2026-01-31"),
        Kind::Time => pick(rng, &[json!("09:00"), json!("13:00:00"), json!("12:30 ")]),
        Kind::Instant => json!("2026-01-31T09:00:00-06:00"),
        Kind::Object(shape) => object_of(rng, shape.fields, odds),
        Kind::List(item, _) => (0..rng.usize(..4)).map(|_| some(rng, *item, odds)).collect(),
        Kind::Names(item) => {
            let names = ["a", " b", "n\u{303}", "a", "ñ"];
            (0..rng.usize(..4)).map(|_| (names[rng.usize(..5)].to_owned(), some(rng, *item, odds))).collect()
        }
        Kind::Either(first, second) => {
            let kind = if rng.bool() { *first } else { *second };
            some(rng, kind, odds)
        }
        Kind::Any => odd(rng),
    }
}

fn object_of(rng: &mut Rng, fields: &[Field], odds: f64) -> Value {
    let mut members = Vec::new();
    for field in fields {
        if rng.f64() < if field.required { 1.0 - odds } else { 0.4 } {
            let mut name = field.name.to_owned();
            match rng.f64() / odds {
                chance if chance < 0.05 => name.insert(0, '+'),
                chance if chance < 0.1 => drop(name.pop()),
                _ => {}
            }
            members.push((name, some(rng, field.kind, odds)));
        }
    }
    rng.shuffle(&mut members);
    members.into_iter().collect()
}

/// The same in three walks, each of which does one thing: what [`Walk`] is compared with.
mod plain {
    use super::*;

    pub(super) fn request(request: &mut Value, shape: &'static Shape) -> Vec<FieldProblem> {
        let (kind, mut problems) = (Kind::Object(shape), Vec::new());
        tidy(request, kind);
        check(request, kind, Form::Own, "", &mut problems);
        rules_of(request, kind, "", &mut problems);
        problems
    }

    pub(super) fn native(value: &mut Value, fields: &[Field], path: &str) -> Vec<FieldProblem> {
        normal::empty_list_is_object(value);
        tidy_fields(value, fields);
        self::fields(value, fields, path, Form::NativePart)
    }

    pub(super) fn fields(value: &Value, fields: &[Field], path: &str, form: Form) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        check_fields(value, fields, form, path, &mut problems);
        problems
    }

    fn tidy(value: &mut Value, kind: Kind) {
        match kind {
            Kind::Object(shape) => {
                normal::empty_list_is_object(value);
                tidy_fields(value, shape.fields);
            }
            Kind::Names(item) => {
                normal::empty_list_is_object(value);
                if let Value::Object(map) = value {
                    normal::names(map, *item);
                    map.values_mut().for_each(|entry| tidy(entry, *item));
                }
            }
            Kind::List(item, limit) => {
                normal::empty_object_is_list(value);
                if let Value::Array(items) = value {
                    items.iter_mut().take(limit).for_each(|entry| tidy(entry, *item));
                }
            }
            Kind::Either(first, second) => {
                if matches!(second, Kind::Object(_) | Kind::Names(_)) {
                    normal::empty_list_is_object(value);
                }
                tidy(value, if matches_type(value, *second) { *second } else { *first });
            }
            kind => normal::tidy(value, kind),
        }
    }

    fn tidy_fields(value: &mut Value, fields: &[Field]) {
        let Value::Object(map) = value else { return };
        for field in fields {
            let Some(value) = map.get_mut(field.name) else { continue };
            tidy(value, field.kind);
            if !field.required && normal::absent(value, field.kind) {
                map.remove(field.name);
            }
        }
    }

    fn under(path: &str, name: &str) -> String {
        if path.is_empty() { shorten(name) } else { format!("{path}.{}", shorten(name)) }
    }

    fn check(value: &Value, kind: Kind, form: Form, path: &str, problems: &mut Vec<FieldProblem>) {
        let mut wrong = |why: String| problems.push(FieldProblem::new(path, why));
        let at = Path::Start(path);
        match (kind, value) {
            (Kind::Object(shape), value) => check_fields(value, shape.fields, form, path, problems),
            (Kind::Names(item), Value::Object(map)) => {
                map.iter().for_each(|(name, entry)| check(entry, *item, form, &under(path, name), problems));
            }
            (Kind::Names(_), _) => wrong(needs("an object", value, &at)),
            (Kind::List(item, limit), Value::Array(items)) => {
                if items.len() > limit {
                    wrong(format!("has {} items; {}", items.len(), most(limit, form)));
                }
                let form = if form == Form::NativePart { Form::Native } else { form };
                for (index, entry) in items.iter().take(limit).enumerate() {
                    check(entry, *item, form, &format!("{path}[{index}]"), problems);
                }
            }
            (Kind::List(..), Value::Object(map))
                if map.keys().all(|key| key.parse::<u32>().is_ok()) && !map.is_empty() =>
            {
                let keys = map.keys().take(5).map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
                wrong(format!(
                    "a list is needed, not an object with the keys {keys}; in PHP, `array_values` makes it a list"
                ));
            }
            (Kind::List(..), _) => wrong(needs("a list", value, &at)),
            (Kind::Either(first, second), _) => {
                let [mut of_first, mut of_second] = [*first, *second].map(|kind| {
                    let mut found = Vec::new();
                    check(value, kind, form, path, &mut found);
                    found
                });
                if !of_first.is_empty() && !of_second.is_empty() {
                    problems.append(if matches_type(value, *second) { &mut of_second } else { &mut of_first });
                }
            }
            _ => problems.extend(why_not(value, kind, form, &at).map(|why| FieldProblem::new(path, why))),
        }
    }

    fn check_fields(value: &Value, fields: &[Field], form: Form, path: &str, problems: &mut Vec<FieldProblem>) {
        let Value::Object(map) = value else {
            problems.push(FieldProblem::new(path, format!("an object is needed, not {}", kind_of(value))));
            return;
        };
        for (name, entry) in map {
            match fields.iter().find(|field| field.name == *name) {
                Some(field) if !entry.is_null() => check(entry, field.kind, form, &under(path, name), problems),
                None if form == Form::Own || !name.starts_with('+') => {
                    problems.push(FieldProblem::new(under(path, name), unknown(name, fields, form)));
                }
                _ => {}
            }
        }
        for field in fields {
            let given = |name: &str| map.get(name).is_some_and(|value| !value.is_null() || name.starts_with('+'));
            let unchecked = form != Form::Own && given(&format!("+{}", field.name));
            if field.required && form != Form::NativePart && !given(field.name) && !unchecked {
                problems.push(FieldProblem::new(under(path, field.name), required(field, form)));
            }
        }
    }

    fn rules_of(value: &Value, kind: Kind, path: &str, problems: &mut Vec<FieldProblem>) {
        match (kind, value) {
            (Kind::Object(shape), Value::Object(map)) => {
                let found = rules::of(shape).map(|rule| rule(map)).unwrap_or_default();
                problems.extend(found.into_iter().map(|(name, why)| FieldProblem::new(under(path, name), why)));
                for (name, entry) in map {
                    if let Some(field) = shape.fields.iter().find(|field| field.name == *name) {
                        rules_of(entry, field.kind, &under(path, name), problems);
                    }
                }
            }
            (Kind::List(item, limit), Value::Array(items)) => {
                for (index, entry) in items.iter().take(limit).enumerate() {
                    rules_of(entry, *item, &format!("{path}[{index}]"), problems);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn one_walk_finds_and_changes_what_three_plain_ones_do() {
    static METHODS: [&Shape; 11] =
        [&QUOTE, &CREATE, &TRACK, &CANCEL, &DOCUMENT, &LIST, &WEBHOOK, &CALL, &DESCRIBE, &KEYS, &SETTLE];
    let (mut fits, mut other) = (0, 0);
    for seed in 0..2_000 {
        let mut rng = Rng::with_seed(seed);
        let shape = if rng.bool() { &ALL } else { METHODS[rng.usize(..METHODS.len())] };
        let odds = [0.001, 0.01, 0.1][rng.usize(..3)];
        let given = some(&mut rng, Kind::Object(shape), odds);

        let (mut read, mut expected) = (given.clone(), given.clone());
        let problems = request(&mut read, shape);
        assert_eq!(problems, plain::request(&mut expected, shape), "{seed} {given}");
        *if problems.is_empty() { &mut fits } else { &mut other } += 1;
        // As text, so that the order and the digits count.
        assert_eq!(read.to_string(), expected.to_string(), "{seed} {given}");

        let (mut read, mut expected) = (given.clone(), given.clone());
        let problems = native(&mut read, shape.fields, "options.acme");
        assert_eq!(problems, plain::native(&mut expected, shape.fields, "options.acme"), "{seed} {given}");
        assert_eq!(read.to_string(), expected.to_string(), "{seed} {given}");

        for form in [Form::Own, Form::Native, Form::Of("Acme"), Form::NativePart] {
            let mut read = given.clone();
            let problems = fields(&mut read, shape.fields, "params", form);
            assert_eq!(problems, plain::fields(&given, shape.fields, "params", form), "{seed} {given}");
            assert_eq!(read.to_string(), given.to_string(), "{seed}");
        }
    }
    assert!(fits > 300 && other > 300, "{fits} fit, {other} don't");
}
