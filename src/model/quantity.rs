//! Kubernetes quantities, exactly: `k8s.io/apimachinery v0.34.1 pkg/api/resource/quantity.go` in whole nano units.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

const NANO: i128 = 1_000_000_000;

/// How a quantity was written, and is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuantityFormat {
    /// `12M`, `100m`, `1`
    DecimalSi,
    /// `12Mi`
    BinarySi,
    /// `12e6`
    DecimalExponent,
}

/// Why a text is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantityProblem {
    /// Not a number followed by a suffix.
    Format,
    /// A suffix that does not exist, such as `1mi` or `1K`.
    Suffix,
    /// More than 1.7e29, which Kubernetes would still hold and this program does not.
    TooLarge,
}

impl fmt::Display for QuantityProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Format => "a quantity is a number with an optional suffix, such as 500m, 2, 1.5Gi or 1e3",
            Self::Suffix => {
                "the suffixes of a quantity are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and e or E with an exponent"
            }
            Self::TooLarge => "the quantity is too large",
        })
    }
}

impl std::error::Error for QuantityProblem {}

/// A quantity. Equality and order are those of the number: `1` equals `1000m`.
#[derive(Debug, Clone)]
pub struct Quantity {
    nano: i128,
    format: QuantityFormat,
    /// Kubernetes keeps the text as it stands when it takes it for canonical, which it also does for some that are
    /// not, such as `+5` and `1.500`; it is printed again so.
    text: Option<String>,
}

impl Quantity {
    /// Reads a quantity as `ParseQuantity` does; spaces are refused.
    ///
    /// Lenient where Kubernetes is: `.`, `+` and `m` are zero.
    ///
    /// # Errors
    /// Why the text is no quantity.
    pub fn parse(text: &str) -> Result<Self, QuantityProblem> {
        if text.is_empty() {
            return Err(QuantityProblem::Format);
        }
        let parts = Parts::split(text)?;
        let (base, exponent, format) = suffix(parts.suffix)?;
        let digits = parts.whole.len().max(1) + parts.fraction.len();
        let denominator = i64::try_from(parts.fraction.len()).map_err(|_| QuantityProblem::TooLarge)?;
        match base {
            Base::Ten => {
                let scale = i64::from(exponent) - denominator;
                let nano = parts.magnitude(scale)?;
                // ParseQuantity has a fast path for up to 18 digits without rounding; only there the text may be kept.
                let fast = digits <= 18 && scale >= -9;
                parts.require_digits(fast)?;
                let keeps = fast && scale % 3 == 0 && !parts.whole.is_empty() && !parts.ends_with_three_zeros();
                Ok(Self::new(parts.signed(nano), format, keeps.then_some(text)))
            }
            Base::Two => {
                let factor = 1_i128
                    .checked_shl(exponent.unsigned_abs())
                    .ok_or(QuantityProblem::TooLarge)?;
                let precision =
                    15 - i64::try_from(parts.whole.len().max(1)).unwrap_or(i64::MAX) - i64::from(exponent * 3 / 10) - 1;
                let fast = parts.fraction.is_empty() && precision >= 0;
                parts.require_digits(fast)?;
                let largest = i128::from(i64::MAX) * NANO;
                // Kubernetes caps binary quantities at 2^63-1, also those beyond our own range.
                let nano = match parts.binary_magnitude(factor) {
                    Some(nano) if fast => nano,
                    Some(nano) => nano.min(largest),
                    None => largest,
                };
                let keeps = fast && (nano / NANO / factor) & 7 != 0;
                let format = if !fast && nano > 0 && nano < NANO {
                    QuantityFormat::DecimalSi
                } else {
                    format
                };
                Ok(Self::new(parts.signed(nano), format, keeps.then_some(text)))
            }
        }
    }

    /// Reads a quantity as it stands in a manifest: the API server ignores white space around it (`UnmarshalJSON`).
    ///
    /// # Errors
    /// Why the text is no quantity.
    pub fn parse_field(text: &str) -> Result<Self, QuantityProblem> {
        Self::parse(text.trim())
    }

    fn new(nano: i128, format: QuantityFormat, text: Option<&str>) -> Self {
        Self {
            nano,
            format,
            text: text.map(str::to_owned),
        }
    }

    /// The number in units of 10⁻⁹.
    #[must_use]
    pub fn nano(&self) -> i128 {
        self.nano
    }

    /// The format in which it is printed.
    #[must_use]
    pub fn format(&self) -> QuantityFormat {
        self.format
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.nano == 0
    }

    /// Twice as much, as a hot-upgraded container asks for; `None` beyond the range of this program.
    #[must_use]
    pub fn doubled(&self) -> Option<Self> {
        Some(Self::new(self.nano.checked_mul(2)?, self.format, None))
    }

    /// The canonical text, even where Kubernetes would keep another one.
    #[must_use]
    pub fn canonical(&self) -> String {
        if self.nano == 0 {
            return "0".to_owned();
        }
        let small = self.nano.abs() < 1024 * NANO;
        if self.format == QuantityFormat::BinarySi && !small && self.nano % NANO == 0 {
            let (mantissa, times) = without_factor(self.nano / NANO, 1024);
            let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
                .get(times)
                .copied()
                .unwrap_or_default();
            return format!("{mantissa}{suffix}");
        }
        let (mut mantissa, times) = without_factor(self.nano, 10);
        let mut exponent = i64::try_from(times).unwrap_or_default() - 9;
        while exponent % 3 != 0 {
            mantissa *= 10;
            exponent -= 1;
        }
        if self.format == QuantityFormat::DecimalExponent {
            return if exponent == 0 {
                mantissa.to_string()
            } else {
                format!("{mantissa}e{exponent}")
            };
        }
        let suffix = match exponent {
            -9 => "n",
            -6 => "u",
            -3 => "m",
            3 => "k",
            6 => "M",
            9 => "G",
            12 => "T",
            15 => "P",
            18 => "E",
            // Kubernetes has no suffix beyond E and then prints none (apimachinery v0.34.1 CanonicalizeBytes).
            _ => "",
        };
        format!("{mantissa}{suffix}")
    }
}

impl fmt::Display for Quantity {
    /// The text the API server gives back.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => formatter.write_str(text),
            None => formatter.write_str(&self.canonical()),
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nano.hash(state);
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[derive(Clone, Copy)]
enum Base {
    Two,
    Ten,
}

/// A quantity's text in its parts; leading zeros are gone from `whole`.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
    /// Whether there is any digit before the suffix.
    has_digits: bool,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, QuantityProblem> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, rest) = digits(unsigned.trim_start_matches('0'));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => digits(rest),
            None => ("", rest),
        };
        let has_digits = unsigned.starts_with('0') || !whole.is_empty() || !fraction.is_empty();
        // letters, then a sign, then digits; which letters mean something is decided later
        let tail = suffix.trim_start_matches(['e', 'E', 'i', 'n', 'u', 'm', 'k', 'K', 'M', 'G', 'T', 'P']);
        let tail = tail.strip_prefix(['-', '+']).unwrap_or(tail);
        if !digits(tail).1.is_empty() {
            return Err(QuantityProblem::Format);
        }
        Ok(Self {
            negative,
            whole,
            fraction,
            suffix,
            has_digits,
        })
    }

    /// Without any digit the fast path of `ParseQuantity` reads zero, and the other one refuses.
    fn require_digits(&self, fast: bool) -> Result<(), QuantityProblem> {
        if fast || self.has_digits {
            Ok(())
        } else {
            Err(QuantityProblem::Format)
        }
    }

    fn signed(&self, nano: i128) -> i128 {
        if self.negative { -nano } else { nano }
    }

    fn ends_with_three_zeros(&self) -> bool {
        let mut last = self.whole.bytes().chain(self.fraction.bytes()).rev();
        last.by_ref().take(3).filter(|digit| *digit == b'0').count() == 3
    }

    /// The digits times ten to the power of `scale`, in nano units, rounded away from zero: whoever asks for something
    /// gets something.
    fn magnitude(&self, scale: i64) -> Result<i128, QuantityProblem> {
        let all = format!("{}{}", self.whole, self.fraction);
        if all.bytes().all(|digit| digit == b'0') {
            return Ok(0);
        }
        let shift = scale + 9;
        if let Ok(shift) = u32::try_from(shift) {
            let number: i128 = all.parse().map_err(|_| QuantityProblem::TooLarge)?;
            10_i128
                .checked_pow(shift)
                .and_then(|power| number.checked_mul(power))
                .ok_or(QuantityProblem::TooLarge)
        } else {
            let dropped = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
            let (kept, rest) = all.split_at(all.len().saturating_sub(dropped));
            let number: i128 = if kept.is_empty() {
                0
            } else {
                kept.parse().map_err(|_| QuantityProblem::TooLarge)?
            };
            Ok(number + i128::from(rest.bytes().any(|digit| digit != b'0')))
        }
    }

    /// The number times a power of two, in nano units, rounded away from zero; `None` beyond the range.
    fn binary_magnitude(&self, factor: i128) -> Option<i128> {
        let unit = factor.checked_mul(NANO)?;
        let whole: i128 = if self.whole.is_empty() {
            0
        } else {
            self.whole.parse().ok()?
        };
        // Digit by digit from the last one: dividing by ten at each step never needs more than the unit's own range.
        let mut fraction = 0_i128;
        let mut inexact = false;
        for digit in self.fraction.bytes().rev() {
            let sum = fraction + i128::from(digit - b'0') * unit;
            inexact |= sum % 10 != 0;
            fraction = sum / 10;
        }
        whole.checked_mul(unit)?.checked_add(fraction + i128::from(inexact))
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(end)
}

fn suffix(text: &str) -> Result<(Base, i32, QuantityFormat), QuantityProblem> {
    let (base, exponent) = match text {
        "n" => (Base::Ten, -9),
        "u" => (Base::Ten, -6),
        "m" => (Base::Ten, -3),
        "" => (Base::Ten, 0),
        "k" => (Base::Ten, 3),
        "M" => (Base::Ten, 6),
        "G" => (Base::Ten, 9),
        "T" => (Base::Ten, 12),
        "P" => (Base::Ten, 15),
        "E" => (Base::Ten, 18),
        "Ki" => (Base::Two, 10),
        "Mi" => (Base::Two, 20),
        "Gi" => (Base::Two, 30),
        "Ti" => (Base::Two, 40),
        "Pi" => (Base::Two, 50),
        "Ei" => (Base::Two, 60),
        _ => {
            let exponent = text.strip_prefix(['e', 'E']).ok_or(QuantityProblem::Suffix)?;
            let exponent: i64 = exponent.parse().map_err(|_| QuantityProblem::Suffix)?;
            // Kubernetes cuts the exponent to 32 bits; one that large is a mistake in any case.
            let exponent = i32::try_from(exponent).map_err(|_| QuantityProblem::TooLarge)?;
            return Ok((Base::Ten, exponent, QuantityFormat::DecimalExponent));
        }
    };
    let format = match base {
        Base::Ten => QuantityFormat::DecimalSi,
        Base::Two => QuantityFormat::BinarySi,
    };
    Ok((base, exponent, format))
}

fn without_factor(mut number: i128, factor: i128) -> (i128, usize) {
    let mut times = 0;
    while number != 0 && number % factor == 0 {
        number /= factor;
        times += 1;
    }
    (number, times)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `ParseQuantity` of apimachinery v0.34.1 makes of a text, printed, and printed after adding it to itself.
    const KUBERNETES: &[(&str, &str, &str)] = &[
        ("0", "0", "0"),
        ("1", "1", "2"),
        ("+5", "+5", "10"),
        ("-5", "-5", "-10"),
        ("00005", "00005", "10"),
        ("05Ki", "05Ki", "10Ki"),
        ("1.500", "1.500", "3"),
        ("1.5", "1500m", "3"),
        ("0.500", "500m", "1"),
        (".5", "500m", "1"),
        ("-.5", "-500m", "-1"),
        (".", "0", "0"),
        ("+", "0", "0"),
        ("-", "0", "0"),
        ("m", "0", "0"),
        ("Ki", "0", "0"),
        ("0Ei", "0", "0"),
        ("0e-10", "0", "0"),
        ("1.", "1.", "2"),
        ("1.G", "1.G", "2G"),
        ("100m", "100m", "200m"),
        ("1000m", "1", "2"),
        ("0.1m", "100u", "200u"),
        ("0.1n", "1n", "2n"),
        ("0.0000000001", "1n", "2n"),
        ("1n", "1n", "2n"),
        ("1u", "1u", "2u"),
        ("500u", "500u", "1m"),
        ("2", "2", "4"),
        ("2000m", "2", "4"),
        ("1k", "1k", "2k"),
        ("1000k", "1M", "2M"),
        ("12345", "12345", "24690"),
        ("10000", "10k", "20k"),
        ("1M", "1M", "2M"),
        ("1G", "1G", "2G"),
        ("1T", "1T", "2T"),
        ("1P", "1P", "2P"),
        ("1E", "1E", "2E"),
        ("1Ei", "1Ei", "2Ei"),
        ("8Ei", "9223372036854775807", "18446744073709551614"),
        ("9Ei", "9223372036854775807", "18446744073709551614"),
        ("-8Ei", "-9223372036854775807", "-18446744073709551614"),
        ("7.9Ei", "9108079886394091110400m", "18216159772788182220800m"),
        ("1Ki", "1Ki", "2Ki"),
        ("1023", "1023", "2046"),
        ("1024", "1024", "2048"),
        ("1024Ki", "1Mi", "2Mi"),
        ("1536Mi", "1536Mi", "3Gi"),
        ("1.5Gi", "1536Mi", "3Gi"),
        ("0.5Ki", "512", "1Ki"),
        ("0.1Ki", "102400m", "204800m"),
        ("0.0001Ki", "102400u", "204800u"),
        ("1.1Mi", "1153433600m", "2306867200m"),
        ("8Mi", "8Mi", "16Mi"),
        ("1023Ki", "1023Ki", "2046Ki"),
        ("1025Ki", "1025Ki", "2050Ki"),
        ("3Gi", "3Gi", "6Gi"),
        ("9999999999999Ki", "9999999999999Ki", "19999999999998Ki"),
        (
            "0.33333333333333333333333333333333333333333333333Gi",
            "357913941333333334n",
            "715827882666666668n",
        ),
        (
            "0.33333333333333333333333333333333333333333333333",
            "333333334n",
            "666666668n",
        ),
        ("123456789012345678", "123456789012345678", "246913578024691356"),
        ("1234567890123456789", "1234567890123456789", "2469135780246913578"),
        ("12345678901234567890", "12345678901234567890", "24691357802469135780"),
        (
            "999999999999999999999",
            "999999999999999999999",
            "1999999999999999999998",
        ),
        ("1e3", "1e3", "2e3"),
        ("1E3", "1E3", "2e3"),
        ("1e03", "1e03", "2e3"),
        ("1e0", "1e0", "2"),
        ("1e-3", "1e-3", "2e-3"),
        ("1e-20", "1e-9", "2e-9"),
        ("12e6", "12e6", "24e6"),
        ("100e3", "100e3", "200e3"),
        ("1e+3", "1e+3", "2e3"),
        ("1.5e3", "1500", "3e3"),
        ("1e18", "1e18", "2e18"),
        ("1e20", "100e18", "200e18"),
        ("1000E", "1", "2"),
        ("10E", "10E", "20E"),
        ("99e1", "990", "1980"),
        ("1e1", "10", "20"),
        ("-1e1", "-10", "-20"),
        ("1.23456789123", "1234567892n", "2469135784n"),
        ("1.0", "1", "2"),
        ("10.000", "10", "20"),
        ("1.001", "1.001", "2002m"),
        ("0.001", "1m", "2m"),
        ("-0.1n", "-1n", "-2n"),
        ("-1Ki", "-1Ki", "-2Ki"),
        ("-0.5Ki", "-512", "-1Ki"),
        ("0e5", "0", "0"),
        ("0Ki", "0", "0"),
        ("1e-9", "1e-9", "2e-9"),
        ("1e-10", "1e-9", "2e-9"),
        ("1000000000n", "1", "2"),
        ("0.000000001Ki", "1024n", "2048n"),
        ("1.000Mi", "1Mi", "2Mi"),
        ("512", "512", "1024"),
        ("512Ki", "512Ki", "1Mi"),
        ("1000Ki", "1000Ki", "2000Ki"),
    ];

    const REFUSED: &[&str] = &[
        "",
        "--1",
        " 1",
        "1 ",
        "1mi",
        "1K",
        "Ei",
        "-Pi",
        "e-10",
        "1ki",
        "1GiB",
        "1GB",
        "1e",
        "1ee3",
        "1e3k",
        "1_000",
        "1,5",
        "0x10",
        "1i",
        "1.2.3",
        "+-1",
        "1m5",
        "1e1.5",
        "$$$CPU$$$",
        "a",
        "1eE3",
        "1M1",
        "Infinity",
        "NaN",
    ];

    #[test]
    fn reads_and_prints_as_kubernetes() {
        for (text, printed, doubled) in KUBERNETES {
            let quantity = Quantity::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!(quantity.to_string(), *printed, "{text}");
            assert_eq!(quantity.doubled().unwrap().to_string(), *doubled, "twice {text}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        for text in REFUSED {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_field_may_have_spaces_around_it() {
        assert!(Quantity::parse(" 1").is_err());
        assert_eq!(Quantity::parse_field(" 1\n").unwrap(), Quantity::parse("1").unwrap());
    }

    #[test]
    fn our_own_limit() {
        assert_eq!(Quantity::parse("1e30"), Err(QuantityProblem::TooLarge));
        assert_eq!(Quantity::parse("1e9999999999"), Err(QuantityProblem::TooLarge));
    }

    #[test]
    fn equal_numbers_are_equal() {
        for (left, right) in [
            ("1", "1000m"),
            ("1Gi", "1024Mi"),
            ("0.5", "500m"),
            ("1e3", "1k"),
            ("0", "0Ki"),
            ("2", "2e0"),
        ] {
            assert_eq!(
                Quantity::parse(left).unwrap(),
                Quantity::parse(right).unwrap(),
                "{left} {right}"
            );
        }
        assert!(Quantity::parse("1Gi").unwrap() > Quantity::parse("1G").unwrap());
        assert!(Quantity::parse("-1").unwrap() < Quantity::parse("0").unwrap());
    }

    proptest! {
        #[test]
        fn canonical_text_is_the_same_number(
            text in "[+-]?[0-9]{1,6}(\\.[0-9]{0,12})?(n|u|m||k|M|G|T|Ki|Mi|Gi|Ti|e[0-9]|E-[0-9])"
        ) {
            let quantity = Quantity::parse(&text).unwrap();
            let canonical = Quantity::parse(&quantity.canonical()).unwrap();
            prop_assert_eq!(&canonical, &quantity);
            prop_assert_eq!(canonical.canonical(), quantity.canonical());
            let printed = Quantity::parse(&quantity.to_string()).unwrap();
            prop_assert_eq!(printed, quantity);
        }

        #[test]
        fn never_panics(text in "[+-]{0,2}[0-9.]{0,45}[eEinumkKMGTP]{0,3}[+-]?[0-9]{0,12}[ x]?") {
            let _ = Quantity::parse(&text);
        }
    }
}
