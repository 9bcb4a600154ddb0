//! What tokens cost.

use serde::{Deserialize, Serialize};

use super::FlatPrice;

/// Prices of tokens, which may depend on the length of the prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Of every request that no tier is about; stored beside the tiers, as before there were any.
    #[serde(flatten)]
    pub flat: FlatPrice,
    /// Other prices for requests with long prompts, shortest first.
    #[serde(default)]
    pub tiers: Vec<Tier>,
}

/// Prices of requests with a long prompt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    /// Prompts with more tokens than this.
    pub above_input_tokens: u32,
    /// What they cost.
    pub price: FlatPrice,
}

/// Tokens of one sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the whole prompt, which decides the tier; `None`: `input` is all of it.
    pub whole_prompt: Option<u32>,
    /// Read: the sample's share.
    pub input: Option<u32>,
    /// Of those, from the cache.
    pub cached: Option<u32>,
    /// Written.
    pub output: Option<u32>,
}

impl Price {
    /// The cost of one sample, USD; `None` where a count is unknown.
    #[must_use]
    pub fn cost(&self, tokens: Tokens) -> Option<f64> {
        let prompt = tokens.whole_prompt.or(tokens.input)?;
        let long = self.tiers.iter().rev().find(|tier| prompt > tier.above_input_tokens);
        long.map_or(&self.flat, |tier| &tier.price).cost(tokens.input, tokens.cached, tokens.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: u32, cached: u32, output: u32) -> Tokens {
        Tokens { whole_prompt: None, input: Some(input), cached: Some(cached), output: Some(output) }
    }

    #[test]
    fn prices_go_by_tier_and_cache_and_unknown_is_not_nothing() {
        let price = |input, output, cached| FlatPrice {
            input_per_mtok: input,
            output_per_mtok: output,
            cached_input_per_mtok: cached,
        };
        let long = Tier { above_input_tokens: 1000, price: price(4.0, 20.0, Some(0.4)) };
        let plain = Price { flat: price(2.0, 10.0, None), tiers: Vec::new() };
        let price = Price { flat: price(2.0, 10.0, Some(0.2)), tiers: vec![long] };
        let dollars = |tokens| price.cost(tokens).map(|usd| (usd * 1e6).round());
        assert_eq!(dollars(tokens(1000, 0, 100)), Some(3000.0));
        assert_eq!(dollars(tokens(1000, 500, 100)), Some(2100.0));
        assert_eq!(dollars(tokens(1001, 0, 0)), Some(4004.0));
        // a share of a long prompt costs what the long prompt costs
        assert_eq!(dollars(Tokens { whole_prompt: Some(4000), ..tokens(1000, 1000, 10) }), Some(600.0));
        assert_eq!(price.cost(Tokens { output: None, ..tokens(5, 0, 5) }), None);
        assert_eq!(price.cost(Tokens { input: None, ..tokens(5, 0, 5) }), None);
        assert_eq!(plain.cost(tokens(10, 10, 0)), plain.cost(tokens(10, 0, 0)));
    }

    #[test]
    fn runs_from_before_there_were_tiers_are_read() {
        let stored = r#"{"input_per_mtok":0.15,"output_per_mtok":0.6,"cached_input_per_mtok":null}"#;
        let price: Price = serde_json::from_str(stored).unwrap();
        assert_eq!((price.flat.input_per_mtok, price.tiers.len()), (0.15, 0));
        let again: Price = serde_json::from_str(&serde_json::to_string(&price).unwrap()).unwrap();
        assert_eq!(again, price);
    }
}
