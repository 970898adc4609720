//! `json!`

/// A [`Value`](super::Value) written as JSON: `json!({"id": id, "tags": [1, null]})`. As `serde_json::json!`.
macro_rules! json {
    // A list: @items [what was read] what is left
    (@items [$($done:expr,)*]) => { vec![$($done,)*] };
    (@items [$($done:expr),*]) => { vec![$($done),*] };
    (@items [$($done:expr,)*] null $($rest:tt)*) => {
        $crate::json::json!(@items [$($done,)* $crate::json::json!(null)] $($rest)*)
    };
    (@items [$($done:expr,)*] [$($list:tt)*] $($rest:tt)*) => {
        $crate::json::json!(@items [$($done,)* $crate::json::json!([$($list)*])] $($rest)*)
    };
    (@items [$($done:expr,)*] {$($object:tt)*} $($rest:tt)*) => {
        $crate::json::json!(@items [$($done,)* $crate::json::json!({$($object)*})] $($rest)*)
    };
    (@items [$($done:expr,)*] $next:expr, $($rest:tt)*) => {
        $crate::json::json!(@items [$($done,)* $crate::json::json!($next),] $($rest)*)
    };
    (@items [$($done:expr,)*] $last:expr) => {
        $crate::json::json!(@items [$($done,)* $crate::json::json!($last)])
    };
    (@items [$($done:expr),*] , $($rest:tt)*) => {
        $crate::json::json!(@items [$($done,)*] $($rest)*)
    };

    // An object: @members object (name) (what is left) (a copy of it, for better errors)
    (@members $object:ident () () ()) => {};
    (@members $object:ident [$($name:tt)+] ($value:expr) , $($rest:tt)*) => {
        let _ = $object.insert(($($name)+), $value);
        $crate::json::json!(@members $object () ($($rest)*) ($($rest)*));
    };
    (@members $object:ident [$($name:tt)+] ($value:expr)) => {
        let _ = $object.insert(($($name)+), $value);
    };
    (@members $object:ident ($($name:tt)+) (: null $($rest:tt)*) $copy:tt) => {
        $crate::json::json!(@members $object [$($name)+] ($crate::json::json!(null)) $($rest)*);
    };
    (@members $object:ident ($($name:tt)+) (: [$($list:tt)*] $($rest:tt)*) $copy:tt) => {
        $crate::json::json!(@members $object [$($name)+] ($crate::json::json!([$($list)*])) $($rest)*);
    };
    (@members $object:ident ($($name:tt)+) (: {$($inner:tt)*} $($rest:tt)*) $copy:tt) => {
        $crate::json::json!(@members $object [$($name)+] ($crate::json::json!({$($inner)*})) $($rest)*);
    };
    (@members $object:ident ($($name:tt)+) (: $value:expr , $($rest:tt)*) $copy:tt) => {
        $crate::json::json!(@members $object [$($name)+] ($crate::json::json!($value)) , $($rest)*);
    };
    (@members $object:ident ($($name:tt)+) (: $value:expr) $copy:tt) => {
        $crate::json::json!(@members $object [$($name)+] ($crate::json::json!($value)));
    };
    (@members $object:ident () (($name:expr) : $($rest:tt)*) $copy:tt) => {
        $crate::json::json!(@members $object ($name) (: $($rest)*) (: $($rest)*));
    };
    (@members $object:ident ($($name:tt)*) ($next:tt $($rest:tt)*) $copy:tt) => {
        $crate::json::json!(@members $object ($($name)* $next) ($($rest)*) ($($rest)*));
    };

    (null) => { $crate::json::Value::Null };
    ([]) => { $crate::json::Value::Array(Vec::new()) };
    ([$($items:tt)+]) => { $crate::json::Value::Array($crate::json::json!(@items [] $($items)+)) };
    ({}) => { $crate::json::Value::Object($crate::json::Map::new()) };
    ({$($members:tt)+}) => {
        $crate::json::Value::Object({
            let mut object = $crate::json::Map::new();
            $crate::json::json!(@members object () ($($members)+) ($($members)+));
            object
        })
    };
    ($value:expr) => { $crate::json::of(&$value) };
}

pub(crate) use json;
