//! Events in their order.

/// Events, oldest first. `at` returns when one happened. One whose time can't be read keeps its place among the others,
/// whether the carrier lists the oldest or the newest first.
pub(crate) fn oldest_first<T>(mut events: Vec<T>, at: impl Fn(&T) -> Option<i64>) -> Vec<T> {
    let times: Vec<i64> = events.iter().filter_map(&at).collect();
    let newest_first = times.windows(2).all(|pair| pair[0] >= pair[1]) && times.first() > times.last();
    if newest_first {
        events.reverse();
    }
    // One without a time stays after the one before it.
    let mut last = None;
    let mut dated: Vec<(Option<i64>, T)> = events
        .into_iter()
        .map(|event| {
            last = at(&event).or(last);
            (last, event)
        })
        .collect();
    dated.sort_by_key(|(at, _)| *at);
    dated.into_iter().map(|(_, event)| event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_a_time_keeps_its_place() {
        for (listed, ordered) in [
            (&[Some(1), None, Some(3)][..], [0, 1, 2]),
            (&[Some(3), None, Some(1)], [2, 1, 0]),
            (&[None, Some(1), Some(2)], [0, 1, 2]),
            (&[None, Some(2), Some(1)], [2, 1, 0]),
            (&[Some(1), Some(2), None], [0, 1, 2]),
            (&[Some(2), Some(1), None], [2, 1, 0]),
            (&[Some(1), Some(1), None], [0, 1, 2]),
            (&[None, None, None], [0, 1, 2]),
            (&[None, Some(5), None], [0, 1, 2]),
        ] {
            let events: Vec<usize> = (0..listed.len()).collect();
            assert_eq!(oldest_first(events, |index| listed[*index]), ordered, "{listed:?}");
        }
    }
}
