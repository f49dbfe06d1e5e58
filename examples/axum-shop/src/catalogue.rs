//! The products and what is known about each.

use serde::{Deserialize, Serialize};

use crate::delivery::{self, DeliveryError};

/// One product, as the service answers it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Product {
    /// The product's name in addresses, such as `trail-mug`.
    pub slug: String,
    /// The name to read.
    pub name: String,
    /// Today's price.
    pub price_cents: u32,
    /// What the depot says about delivery, in its own words: a number of days, if all is well.
    #[serde(skip_serializing)]
    depot: String,
}

impl Product {
    /// In how many days the product arrives.
    ///
    /// # Errors
    ///
    /// The depot has said something else than a number of days.
    pub fn delivery_days(&self) -> Result<u32, DeliveryError> {
        delivery::days(&self.slug, &self.depot)
    }
}

/// All products, in shelf order.
#[derive(Clone, Debug)]
pub struct Catalogue(Vec<Product>);

impl Catalogue {
    /// The example's own products, from `products.json`.
    ///
    /// # Errors
    ///
    /// The file that was compiled in is no list of products.
    pub fn example() -> serde_json::Result<Self> {
        serde_json::from_str(include_str!("../products.json")).map(Self)
    }

    /// All products.
    pub fn products(&self) -> &[Product] {
        &self.0
    }

    /// The product of that name in addresses.
    pub fn find(&self, slug: &str) -> Option<&Product> {
        self.0.iter().find(|product| product.slug == slug)
    }
}
