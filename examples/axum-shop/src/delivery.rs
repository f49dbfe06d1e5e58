//! When a product arrives, which the depot tells in words.

use std::num::ParseIntError;

/// Nobody can say when a product arrives.
#[derive(Debug, thiserror::Error)]
#[error("no day of delivery for {product}: the depot says {said:?}")]
pub struct DeliveryError {
    product: String,
    said: String,
    source: ParseIntError,
}

/// Reads what the depot has `said` about a product.
pub(crate) fn days(product: &str, said: &str) -> Result<u32, DeliveryError> {
    said.parse().map_err(|source| DeliveryError {
        product: product.to_owned(),
        said: said.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_number_is_a_number_of_days() {
        assert_eq!(days("trail-mug", "3").unwrap(), 3);
    }

    #[test]
    fn anything_else_is_an_error_that_names_the_product_the_words_and_the_cause() {
        let error = days("gift-voucher", "by mail").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"no day of delivery for gift-voucher: the depot says "by mail""#
        );
        assert!(error.source().unwrap().is::<ParseIntError>());
    }
}
