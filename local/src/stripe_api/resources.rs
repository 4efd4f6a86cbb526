//! What the local Stripe has: paths, types, filters, lists inside, and since
//! which version.

use super::filters::{By, Filter};
use crate::stripe::ApiVersion;

/// A collection of objects.
#[derive(Debug)]
pub(super) struct Resource {
    /// Behind `/v1/`.
    pub(super) path: &'static str,
    /// `object` of its members.
    pub(super) object: &'static str,
    /// What an error calls one of them.
    pub(super) word: &'static str,
    /// The first version that has it.
    pub(super) since: ApiVersion,
    pub(super) filters: &'static [Filter],
    pub(super) members: &'static [Members],
}

/// A list inside of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members {
    /// Behind the object's path.
    pub(super) path: &'static str,
    /// The field, and what an error calls one of its members.
    pub(super) field: &'static str,
    pub(super) word: &'static str,
}

const fn text(name: &'static str, places: &'static [&'static str]) -> Filter {
    Filter {
        name,
        by: By::Text(places),
    }
}

const CREATED: Filter = Filter {
    name: "created",
    by: By::Bounds("/created"),
};
const ACTIVE: Filter = Filter {
    name: "active",
    by: By::Flag("/active"),
};
const CUSTOMER: Filter = text("customer", &["/customer"]);
const INVOICE: Filter = text("invoice", &["/invoice"]);
const PAYMENT_INTENT: Filter = text("payment_intent", &["/payment_intent"]);
const CHARGE: Filter = text("charge", &["/charge"]);
const STATUS: Filter = text("status", &["/status"]);
const TYPE: Filter = text("type", &["/type"]);

const fn resource(
    path: &'static str,
    object: &'static str,
    word: &'static str,
    filters: &'static [Filter],
) -> Resource {
    Resource {
        path,
        object,
        word,
        since: ApiVersion::Acacia,
        filters,
        members: &[],
    }
}

/// All of them.
pub(super) const RESOURCES: &[Resource] = &[
    resource(
        "customers",
        "customer",
        "customer",
        &[CREATED, text("email", &["/email"])],
    ),
    resource(
        "products",
        "product",
        "product",
        &[
            ACTIVE,
            CREATED,
            Filter {
                name: "ids",
                by: By::AnyOf("/id", 100),
            },
        ],
    ),
    resource(
        "prices",
        "price",
        "price",
        &[
            ACTIVE,
            CREATED,
            text("currency", &["/currency"]),
            text("product", &["/product"]),
            TYPE,
            Filter {
                name: "lookup_keys",
                by: By::AnyOf("/lookup_key", 10),
            },
        ],
    ),
    resource(
        "subscriptions",
        "subscription",
        "subscription",
        &[
            CREATED,
            CUSTOMER,
            text("collection_method", &["/collection_method"]),
            Filter {
                name: "price",
                by: By::ItemPrice,
            },
            Filter {
                name: "status",
                by: By::SubscriptionStatus,
            },
        ],
    ),
    Resource {
        members: &[Members {
            path: "lines",
            field: "lines",
            word: "invoice line item",
        }],
        ..resource(
            "invoices",
            "invoice",
            "invoice",
            &[
                CREATED,
                CUSTOMER,
                STATUS,
                text("collection_method", &["/collection_method"]),
                text(
                    "subscription",
                    &["/subscription", "/parent/subscription_details/subscription"],
                ),
            ],
        )
    },
    Resource {
        since: ApiVersion::Basil,
        ..resource(
            "invoice_payments",
            "invoice_payment",
            "invoice payment",
            &[
                CREATED,
                INVOICE,
                STATUS,
                text("payment[type]", &["/payment/type"]),
                text("payment[payment_intent]", &["/payment/payment_intent"]),
            ],
        )
    },
    Resource {
        members: &[Members {
            path: "line_items",
            field: "line_items",
            word: "item",
        }],
        ..resource(
            "checkout/sessions",
            "checkout.session",
            "checkout session",
            &[
                CREATED,
                CUSTOMER,
                PAYMENT_INTENT,
                STATUS,
                text("payment_link", &["/payment_link"]),
                text("subscription", &["/subscription"]),
                text("customer_details[email]", &["/customer_details/email"]),
            ],
        )
    },
    resource(
        "payment_intents",
        "payment_intent",
        "payment_intent",
        &[CREATED, CUSTOMER],
    ),
    resource(
        "charges",
        "charge",
        "charge",
        &[CREATED, CUSTOMER, PAYMENT_INTENT],
    ),
    resource(
        "refunds",
        "refund",
        "refund",
        &[CREATED, CHARGE, PAYMENT_INTENT],
    ),
    resource(
        "disputes",
        "dispute",
        "dispute",
        &[CREATED, CHARGE, PAYMENT_INTENT],
    ),
    resource(
        "balance_transactions",
        "balance_transaction",
        "balance transaction",
        &[
            CREATED,
            TYPE,
            text("currency", &["/currency"]),
            text("source", &["/source"]),
        ],
    ),
    Resource {
        members: &[Members {
            path: "lines",
            field: "lines",
            word: "credit note line item",
        }],
        ..resource(
            "credit_notes",
            "credit_note",
            "credit note",
            &[CREATED, CUSTOMER, INVOICE],
        )
    },
    resource(
        "webhook_endpoints",
        "webhook_endpoint",
        "webhook endpoint",
        &[],
    ),
    resource(
        "events",
        "event",
        "event",
        &[
            CREATED,
            Filter {
                name: "type",
                by: By::Group("/type"),
            },
            Filter {
                name: "types",
                by: By::AnyOf("/type", 20),
            },
        ],
    ),
];

/// The objects of a subscription's list of items; their list has a path of its
/// own.
pub(super) const ITEMS: Members = Members {
    path: "subscription_items",
    field: "items",
    word: "subscription item",
};

/// The part of a path that names a collection, an object of it, or a list
/// inside of that.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    All(&'static Resource),
    One(&'static Resource, &'a str),
    Within(&'static Resource, &'a str, Members),
}

/// What a path behind `/v1/` names in a version.
pub(super) fn target(path: &str, version: ApiVersion) -> Option<Target<'_>> {
    let known = RESOURCES.iter().filter(|it| it.since <= version);
    for resource in known {
        let Some(rest) = path.strip_prefix(resource.path) else {
            continue;
        };
        if rest.is_empty() {
            return Some(Target::All(resource));
        }
        let Some(rest) = rest.strip_prefix('/') else {
            continue;
        };
        return match rest.split_once('/') {
            None if rest.is_empty() => None,
            None => Some(Target::One(resource, rest)),
            Some((id, inside)) => {
                let mut lists = resource.members.iter();
                let list = lists.find(|list| list.path == inside)?;
                Some(Target::Within(resource, id, *list))
            }
        };
    }
    None
}
