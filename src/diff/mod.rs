//! The desired state held against another side, field by field: offline server-side apply, ownership first.
//!
//! A live field that Git does not mention and that no record of intent claims is never a difference.
//!
//! In the order in which one object goes through: the desired object is checked and rewritten (`desired`, `conversion`), the record of what
//! was applied before is found (`intent`, from `managed_fields` and `bookkeeping`), what applying makes of the live object is predicted
//! (`merge`, `prune`, both by `client_side`, `defaults`, all by the types of `schema`), both forms are compared (`differences`, `canonical`), and each difference is
//! judged (`classify`, `effect`, `loss`, `remark`, `ignore`). `compare` leads; `secret` decides what may be shown.

mod autoscaler;
mod bookkeeping;
mod builtin_rules;
mod canonical;
pub mod change;
mod classify;
mod client_side;
pub mod compare;
mod confidence;
mod conversion;
mod defaults;
mod depth;
mod desired;
mod differences;
mod duration;
mod effect;
mod field_set;
mod find;
pub mod ignore;
mod imposed;
mod intent;
mod items;
mod loss;
mod managed_fields;
mod merge;
pub mod options;
pub mod path;
mod place;
mod prune;
mod pruned;
pub mod redacted;
mod remark;
pub mod revision;
mod schema;
pub(crate) mod secret;
pub mod selection;
mod settle;
mod unmanaged;
pub mod verify;
mod without_values;
