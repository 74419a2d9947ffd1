//! Interfaces: [drag and drop](https://html.spec.whatwg.org/multipage/dnd.html). Nothing is dragged in the shell: what is here is
//! what a page makes by itself.

pub(crate) mod data_transfer;
pub(crate) mod data_transfer_item;
pub(crate) mod data_transfer_item_list;

pub(crate) use data_transfer::DataTransfer;
pub(crate) use data_transfer_item::DataTransferItem;
pub(crate) use data_transfer_item_list::DataTransferItemList;
