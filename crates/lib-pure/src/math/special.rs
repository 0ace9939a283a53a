//! The gamma function and its logarithm.

/// Exactly rounded where the argument is a small integer.
pub fn gamma(x: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        return f64::NAN;
    }
    if x == x.floor() {
        if x == 0.0 {
            return 1.0 / x;
        }
        if x < 0.0 {
            // A pole: the caller makes a domain error of it.
            return f64::INFINITY;
        }
        if x <= 23.0 {
            let product: u128 = (1..x as u128).product();
            return product as f64;
        }
    }
    if x.abs() < 1e-20 {
        return 1.0 / x;
    }
    libm::tgamma(x)
}

pub fn lgamma(x: f64) -> f64 {
    if x.is_infinite() {
        return f64::INFINITY;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    if x == x.floor() && x <= 0.0 {
        return f64::INFINITY;
    }
    libm::lgamma(x)
}
