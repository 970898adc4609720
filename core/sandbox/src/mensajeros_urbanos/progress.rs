//! How far a service is, in either generation: its stages, its stops, whether the delivery failed. Not for how replies and pushes say so.

use jiff::Timestamp;

/// API reference, "Url de seguimiento": the words are the push's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Created = 1,
    OnHold,
    Assigned,
    InProgress,
    Finished,
    Cancelled,
}

impl Stage {
    const ALL: [Stage; 6] =
        [Stage::Created, Stage::OnHold, Stage::Assigned, Stage::InProgress, Stage::Finished, Stage::Cancelled];

    pub(super) fn id(self) -> i64 {
        self as i64
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Stage::Created => "create",
            Stage::OnHold => "on_hold",
            Stage::Assigned => "assigned",
            Stage::InProgress => "in_progress",
            Stage::Finished => "finished",
            Stage::Cancelled => "cancel",
        }
    }

    fn named(name: &str) -> Option<Stage> {
        let name = match name {
            "created" => "create",
            "cancelled" | "canceled" => "cancel",
            other => other,
        };
        Stage::ALL.into_iter().find(|stage| stage.word() == name)
    }

    /// API reference, "Servicios Activos" and "Detalle de un servicio".
    pub(super) fn spanish(self) -> &'static str {
        match self {
            Stage::Created => "Creada",
            Stage::OnHold => "En espera",
            Stage::Assigned => "Asignada",
            Stage::InProgress => "En Proceso",
            Stage::Finished => "Finalizada",
            Stage::Cancelled => "Cancelado",
        }
    }

    pub(super) fn ended(self) -> bool {
        self >= Stage::Finished
    }

    fn next(self) -> Option<Stage> {
        let next = || Stage::ALL.into_iter().find(|stage| *stage > self);
        (!self.ended()).then(next).flatten()
    }
}

/// A stop, counted from 1, and 1 when the courier has arrived there, 2 when they have left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) place: i64,
    pub(super) status: i64,
}

impl Stop {
    const FIRST: Stop = Stop { place: 1, status: 1 };

    fn next(self) -> Stop {
        match self.status {
            1 => Stop { status: 2, ..self },
            _ => Stop { place: self.place + 1, status: 1 },
        }
    }
}

/// What a test asks for by name.
struct Step {
    stage: Stage,
    stop: Option<Stop>,
    failed: bool,
}

impl Step {
    /// A stage, `failed`, `stop_failed`, or `in_progress:2/1` (the second stop, arrived).
    fn named(name: &str) -> Option<Step> {
        let step = |stage, stop, failed| Some(Step { stage, stop, failed });
        match name {
            "failed" => step(Stage::Finished, None, true),
            "stop_failed" => step(Stage::InProgress, Some(Stop { place: 2, status: 2 }), true),
            _ => match name.strip_prefix("in_progress:") {
                Some(stop) => {
                    let (place, status) = stop.split_once('/')?;
                    let stop = Stop { place: place.parse().ok()?, status: status.parse().ok()? };
                    let good = (1..=20).contains(&stop.place) && (1..=2).contains(&stop.status);
                    good.then_some(Step { stage: Stage::InProgress, stop: Some(stop), failed: false })
                }
                None => step(Stage::named(name)?, None, false),
            },
        }
    }
}

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) stage: Stage,
    /// Where the courier is, while the service is in progress.
    pub(super) stop: Option<Stop>,
    pub(super) failed: bool,
    pub(super) history: Vec<(Stage, Timestamp)>,
}

impl Progress {
    pub(super) fn new(now: Timestamp) -> Self {
        Progress { stage: Stage::Created, stop: None, failed: false, history: vec![(Stage::Created, now)] }
    }

    /// Forward only, through every stage between; `in_progress` may come again, once for each stop, and any push may be repeated.
    pub(super) fn advance(&mut self, to: Option<&str>, now: Timestamp) -> Result<(), String> {
        let step = match to {
            Some(name) => Step::named(name).ok_or_else(|| {
                let known = Stage::ALL.map(Stage::word).join(", ");
                format!("no stage {name:?}; known: {known}, failed, stop_failed, in_progress:STOP/STATUS")
            })?,
            None => Step { stage: self.stage.next().ok_or("the task has ended")?, stop: None, failed: false },
        };
        let Step { stage: to, stop, failed } = step;
        let again = to == self.stage;
        let impossible = || Err(format!("a task that is {:?} cannot become {:?}", self.stage.word(), to.word()));
        if again && to != Stage::InProgress {
            // What was delivered does not fail afterwards.
            return if failed && !self.failed { impossible() } else { Ok(()) };
        }
        if self.stage.ended() || to < self.stage {
            return impossible();
        }
        if to == Stage::Cancelled {
            // API reference, "Detalle de un servicio": the cancelled sample has no line for it in its history.
            (self.stage, self.stop) = (to, None);
            return Ok(());
        }
        let passed = |stage: &Stage| (*stage > self.stage || again) && *stage <= to;
        let lines = Stage::ALL.into_iter().filter(passed);
        let lines: Vec<_> = lines.filter(|s| !again || *s == to).collect();
        self.history.extend(lines.into_iter().map(|stage| (stage, now)));
        let next = self.stop.map_or(Stop::FIRST, Stop::next);
        self.stop = (to == Stage::InProgress).then(|| stop.unwrap_or(next));
        self.stage = to;
        // A stop that failed is the delivery that failed: there is only one.
        self.failed |= failed;
        Ok(())
    }

    /// 1 when the delivery was made and 0 when it failed: at the end, and at a stop after the first that was left.
    pub(super) fn finish_status(&self) -> Option<i64> {
        let left = self.stop.is_some_and(|stop| stop.place > 1 && stop.status == 2);
        (self.stage == Stage::Finished || left).then_some(i64::from(!self.failed))
    }

    /// The reason, as a type and as free text; both are empty when nothing failed.
    pub(super) fn finish_reason(&self) -> (&'static str, &'static str) {
        if self.failed { ("Cliente ausente", "Nadie recibe en la dirección") } else { ("", "") }
    }
}
