// The grid of values that an instrument with a finite resolution can set or show.
#pragma once

namespace bmsrig {

/// Rounds to whole multiples of a resolution, to nearest, halves away from zero.
class Quantiser {
  public:
    /// `resolution` is above zero. Results stay on multiples within low .. high.
    Quantiser(double resolution, double low, double high);

    /// The multiple as the double nearest to its decimal form: 28000 steps of 0.1 mV are 2.8 and
    /// nothing else, so that records show the number that was asked for.
    [[nodiscard]] double round(double value) const;
    [[nodiscard]] double resolution() const { return resolution_; }

  private:
    [[nodiscard]] double value_of(double steps) const;

    double resolution_;
    double numerator_;  // resolution_ = numerator_ / denominator_, both whole where the resolution
                        // has few decimals
    double denominator_ = 1;
    double lowest_;
    double highest_;
};

}  // namespace bmsrig
