//! Where Mensajeros Urbanos' fields stand in a request of flete's, for its complaints. The way back of `order.rs`.

/// Where one of the carrier's fields stands in a request of flete's.
pub(super) fn locate(operation: &str, field: &str) -> Option<String> {
    let option = |name: &str| format!("options.mensajeros_urbanos.{name}");
    if let Some(place) = field.strip_prefix("coordinates[0]") {
        return Some(of_point("origin", place.trim_start_matches('.')));
    }
    if let Some(place) = field.strip_prefix("coordinates[1]") {
        return Some(of_point("destination", place.trim_start_matches('.')));
    }
    Some(match (operation, field) {
        ("tasks.list", "type") => "status".to_owned(),
        ("tasks.list", "page") => "cursor".to_owned(),
        ("tasks.get", "task_id" | "uuid") => "id".to_owned(),
        ("deliveries.create", "type_service") => "service".to_owned(),
        (_, "city") => "origin.city".to_owned(),
        (_, "roundtrip") => "round_trip".to_owned(),
        (_, "declared_value") => "declared_value".to_owned(),
        (_, "start_date") => "pickup.date".to_owned(),
        (_, "start_time") => "pickup.from".to_owned(),
        (_, "user_payment_type") => "cash_on_delivery.method".to_owned(),
        (_, "observation") => "notes".to_owned(),
        (_, "type_service" | "type_task_cargo_id" | "type_segmentation" | "coordinates") => option(field),
        _ => return None,
    })
}

fn of_point(end: &str, field: &str) -> String {
    let own = match field {
        "address" => "street",
        "lat" => "latitude",
        "lng" => "longitude",
        "client_data.client_name" => "name",
        "client_data.client_phone" => "phone",
        "client_data.client_email" => "email",
        "client_data.client_document" => "tax_id",
        "city" => "city",
        "description" if end == "origin" => "instructions",
        "description" => return "parcels[0].description".to_owned(),
        "order_id" => return "reference".to_owned(),
        "client_data.products_value" => return "cash_on_delivery.amount".to_owned(),
        "client_data.payment_type" => return "cash_on_delivery.method".to_owned(),
        "products" => return "items".to_owned(),
        _ => {
            if let Some(client) = field.strip_prefix("client_data.") {
                return format!("options.mensajeros_urbanos.{client}");
            }
            if let Some(product) = field.strip_prefix("products") {
                return of_product(product);
            }
            return end.to_owned();
        }
    };
    format!("{end}.{own}")
}

/// `[0].value`
fn of_product(place: &str) -> String {
    let (index, field) = place.split_once('.').unwrap_or((place, ""));
    match field {
        "sku" | "quantity" => format!("items{index}.{field}"),
        "product_name" => format!("items{index}.name"),
        "value" => format!("items{index}.unit_price"),
        "url_img" | "urm_img" => format!("items{index}.image_url"),
        _ => format!("items{index}"),
    }
}
