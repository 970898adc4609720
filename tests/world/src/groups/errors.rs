use crate::row::Row;
pub fn rows(_: &mut Vec<Row>) {}
