//! Turns the pages of Mensajeros Urbanos' tasks: a create gives a `uuid`, tracking asks for a `task_id`, and only
//! the lists have both.

use super::endpoints::{GET, LIST, pages};
use super::{errors, replies};
use crate::connector::endpoint::Params;
use crate::connector::lenient::{list, text};
use crate::connector::session::{Answer, Session};
use crate::model::{Code, Error};
use serde_json::{Value, json};

/// Where ids of tasks are remembered, by uuid.
const FACT: &str = "task";
/// How an id in flete says that it is a task's own; a uuid may be all digits too.
const PREFIX: &str = "task:";

/// "type": 1 = Activos, 2 = Finalizados o Cancelados.
pub(super) const ACTIVE: i64 = 1;
pub(super) const ENDED: i64 = 2;

/// One page of a list.
pub(super) struct TaskPage {
    pub(super) tasks: Vec<Value>,
    pub(super) more: bool,
}

/// A page of the account's user's tasks, or of another's.
pub(super) async fn page(
    session: &Session<'_>,
    user: Option<&Value>,
    kind: i64,
    number: u64,
) -> Result<TaskPage, Error> {
    let body = json!({"id_user": user, "type": kind, "page": number});
    let answer = session.perform(&LIST, Params::none().body(body)).await?;
    let raw = answer.raw(session);
    let tasks: Vec<Value> = list(replies::data(&raw), "result")
        .iter()
        .filter(|task| task.as_object().is_some_and(|task| !task.is_empty()))
        .cloned()
        .collect();
    for task in &tasks {
        if let (Some(id), Some(uuid)) = replies::ids(task) {
            session.shared.remember(FACT, &uuid, json!(id));
        }
    }
    // Without a readable count an empty page is the end.
    let more = !tasks.is_empty() && pages(&raw).is_none_or(|last| number < last);
    Ok(TaskPage { tasks, more })
}

/// The first task of these lists that is `wanted`. `known` may end the search: another call has found it.
async fn search(
    kinds: &[i64],
    turn: impl AsyncFn(i64, u64) -> Result<TaskPage, Error>,
    wanted: impl Fn(&Value) -> bool,
    known: impl Fn() -> bool,
) -> Result<Option<Value>, Error> {
    for kind in kinds {
        for number in 1.. {
            if known() {
                return Ok(None);
            }
            let page = turn(*kind, number).await?;
            if let Some(task) = page.tasks.into_iter().find(&wanted) {
                return Ok(Some(task));
            }
            if !page.more {
                break;
            }
        }
    }
    Ok(None)
}

/// The task with this mark in one of its points: of the account's user, or of the one in whose name it was asked for.
pub(super) async fn marked(session: &Session<'_>, user: Option<&Value>, mark: &str) -> Result<Option<Value>, Error> {
    // A task that ends while the pages are turned moves those after it over the edge of a page that is read
    // already. What is missed here would be made twice, so the active ones are read again.
    let found = search(
        &[ACTIVE, ENDED, ACTIVE],
        async |kind, number| page(session, user, kind, number).await,
        |task| replies::marked(task, mark),
        || false,
    )
    .await?;
    if let Some((Some(id), Some(uuid))) = found.as_ref().map(replies::ids) {
        session.remember(FACT, &uuid, json!(id)).await;
    }
    Ok(found)
}

/// The detail of a task, by the id that flete gave: a uuid, or `task:28852`.
pub(super) async fn detail(session: &Session<'_>, id: &str) -> Result<Answer, Error> {
    if let Some(task) = id.strip_prefix(PREFIX) {
        return by_number(session, task.trim()).await;
    }
    let remembered = session.fact(FACT, id).await;
    if let Some(task) = remembered.as_ref().and_then(Value::as_str) {
        match by_number(session, task).await {
            Ok(answer) if text(replies::data(&answer.json), "uuid").is_none_or(|uuid| uuid == id) => return Ok(answer),
            Err(error) if error.code != Code::NotFound => return Err(error),
            // It was another's, or is gone: look again.
            _ => session.forget(FACT, id).await,
        }
    }
    search(
        &[ACTIVE, ENDED],
        async |kind, number| page(session, None, kind, number).await,
        |task| text(task, "uuid").as_deref() == Some(id),
        || session.shared.fact(FACT, id).is_some(),
    )
    .await?;
    if let Some(task) = session.shared.fact(FACT, id).as_ref().and_then(Value::as_str) {
        session.remember(FACT, id, json!(task)).await;
        return by_number(session, task).await;
    }
    // Public integrations ask by the uuid; the document doesn't say that it works.
    let by_uuid = session.perform(&GET, Params::none().body(json!({"uuid": id}))).await;
    match by_uuid {
        Ok(answer) if text(replies::data(&answer.json), "uuid").as_deref() == Some(id) => Ok(answer),
        Err(error) if !matches!(error.code, Code::Validation | Code::NotFound) => Err(error),
        _ => Err(Error::new(Code::NotFound, "Mensajeros Urbanos has no service of this uuid among the account's")),
    }
}

async fn by_number(session: &Session<'_>, task: &str) -> Result<Answer, Error> {
    // "task_id: Entero"
    let number = task.parse::<u64>().map_or_else(|_| json!(task), |number| json!(number));
    let answer = session.perform(&GET, Params::none().body(json!({"task_id": number}))).await?;
    // The API reference doesn't say how a task that doesn't exist is reported; a success without one is no task.
    if errors::shows_nothing(&answer.json) {
        let mut error = Error::new(Code::NotFound, "Mensajeros Urbanos shows nothing of this task");
        error.edit().raw = Some(answer.raw(session));
        return Err(error);
    }
    Ok(answer)
}
