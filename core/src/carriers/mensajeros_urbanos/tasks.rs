//! Turns the pages of Mensajeros Urbanos' tasks: a create gives a `uuid`, tracking asks for a `task_id`, and only
//! the lists have both.

use super::endpoints::{GET, LIST};
use super::{errors, replies};
use crate::connector::answer::Answer;
use crate::connector::endpoint::Params;
use crate::connector::journal::{Bears, unproven};
use crate::connector::lenient::text;
use crate::connector::session::Session;
use crate::json::{Value, json};
use crate::model::{Code, Error};

/// Where ids of tasks are remembered, by uuid.
const FACT: &str = "task";
/// How an id in flete says that it is a task's own; a uuid may be all digits too.
const PREFIX: &str = "task:";

/// "type": 1 = Activos, 2 = Finalizados o Cancelados.
pub(super) const ACTIVE: i64 = 1;
pub(super) const ENDED: i64 = 2;

/// What the lists of the account's user, or of another's, are asked with.
fn of_user(user: Option<&Value>, kind: i64) -> Params {
    let mut params = Params::none().body(json!({"id_user": user, "type": kind}));
    params.sources.add("type", "status");
    params.sources.add("page", "cursor");
    params
}

/// The tasks of a page. Their ids are remembered.
fn tasks(session: &Session<'_>, page: Answer) -> Vec<Value> {
    let tasks = LIST.items(&page.clean(session)).to_vec();
    for task in &tasks {
        if let (Some(id), Some(uuid)) = replies::ids(task) {
            session.shared.remember(FACT, &uuid, json!(id));
        }
    }
    tasks
}

/// Keep the id of a task that came with its uuid.
pub(super) async fn learn(session: &Session<'_>, task: &Value) {
    if let (Some(id), Some(uuid)) = replies::ids(task) {
        session.remember(FACT, &uuid, json!(id)).await;
    }
}

/// One page of the account's user's tasks, and the number of the page after it.
pub(super) async fn page(session: &Session<'_>, kind: i64, number: u64) -> Result<(Vec<Value>, Option<String>), Error> {
    let (page, next) = session.pages(&LIST, of_user(None, kind)).at(Some(number.to_string())).await?;
    let mut tasks = tasks(session, page);
    tasks.retain(|task| task.as_object().is_some_and(|task| !task.is_empty()));
    Ok((tasks, next))
}

/// The first task of these lists that is `wanted`. `known` may end the search: another call has found it.
async fn search(
    session: &Session<'_>,
    user: Option<&Value>,
    kinds: &[i64],
    mut wanted: impl FnMut(&Value) -> bool,
    known: impl Fn() -> bool,
) -> Result<Option<Value>, Error> {
    for kind in kinds {
        let mut pages = session.pages(&LIST, of_user(user, *kind));
        while !known()
            && let Some(page) = pages.next().await?
        {
            if let Some(task) = tasks(session, page).into_iter().find(&mut wanted) {
                return Ok(Some(task));
            }
        }
    }
    Ok(None)
}

/// The task with this mark in one of its points: of the account's user, or of the one in whose name it was asked for.
pub(super) async fn marked(session: &Session<'_>, user: Option<&Value>, mark: &str) -> Result<Option<Value>, Error> {
    // A task that ends while the pages are turned moves those after it over the edge of a page that is read
    // already. What is missed here would be made twice, so the active ones are read again.
    let mut unclear: Option<Value> = None;
    let wanted = |task: &Value| {
        let bears = replies::bears(task, mark);
        if bears == Bears::Unclear {
            unclear = Some(task.clone());
        }
        bears == Bears::Mark
    };
    let found = search(session, user, &[ACTIVE, ENDED, ACTIVE], wanted, || false).await?;
    if let (None, Some(task)) = (&found, unclear) {
        return Err(unproven(super::CARRIER.name, task));
    }
    if let Some(task) = &found {
        learn(session, task).await;
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
        session,
        None,
        &[ACTIVE, ENDED],
        |task| text(task, "uuid").as_deref() == Some(id),
        || session.shared.fact(FACT, id).is_some(),
    )
    .await?;
    if let Some(task) = session.shared.fact(FACT, id).as_ref().and_then(Value::as_str) {
        session.remember(FACT, id, json!(task)).await;
        return by_number(session, task).await;
    }
    // Public integrations ask by the uuid; the API reference doesn't say that it works.
    let by_uuid = session.perform(&GET, of_task("uuid", json!(id))).await;
    match by_uuid {
        Ok(answer) if text(replies::data(&answer.json), "uuid").as_deref() == Some(id) => Ok(answer),
        Err(error) if !matches!(error.code, Code::Validation | Code::NotFound) => Err(error),
        _ => Err(Error::new(Code::NotFound, "Mensajeros Urbanos has no service of this uuid among the account's")),
    }
}

/// What a task is asked for by.
fn of_task(name: &'static str, value: Value) -> Params {
    let mut params = Params::none().body(json!({name: value}));
    params.sources.add(name, "id");
    params
}

async fn by_number(session: &Session<'_>, task: &str) -> Result<Answer, Error> {
    // "task_id: Entero"
    let number = task.parse::<u64>().map_or_else(|_| json!(task), |number| json!(number));
    let answer = session.perform(&GET, of_task("task_id", number)).await?;
    // The API reference doesn't say how a task that doesn't exist is reported; a success without one is no task.
    if errors::shows_nothing(&answer.json) {
        let mut error = Error::new(Code::NotFound, "Mensajeros Urbanos shows nothing of this task");
        error.edit().raw = Some(answer.clean(session).into_value());
        return Err(error);
    }
    Ok(answer)
}
