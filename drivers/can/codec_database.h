// A CAN database whose bits and scales are in generated C functions.
#pragma once

#include "rig/can_database.h"

namespace bmsrig {

class CodecDatabase : public CanDatabase {
  public:
    /// A message and what the generator made for it.
    struct Codec {
        Message message;
        std::vector<std::size_t> bytes_needed;  ///< by each signal: how long a frame must be
        /// Both take a frame of the message's length, and a value for each signal.
        void (*decode)(const std::uint8_t* data, double* values);
        void (*encode)(const double* values, std::uint8_t* data);
    };

    CodecDatabase(std::string name, std::vector<Codec> codecs);

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::vector<Message>& messages() const override { return messages_; }

    /// A frame longer than the message is read as far as the message goes. Throws Error if `values`
    /// has not as many places as the message has signals.
    void decode(std::size_t message, std::span<const std::uint8_t> data,
                std::span<double> values) const override;
    /// Rounded to the next step; a value that is not a number is taken as the low end. Throws Error
    /// if there are not as many values as signals.
    [[nodiscard]] std::vector<std::uint8_t> encode(std::size_t message,
                                                   std::span<const double> values) const override;

  private:
    /// What decoding takes, close together: a log has millions of frames.
    struct Functions {
        decltype(Codec::decode) decode;
        decltype(Codec::encode) encode;
        std::size_t length;
        std::size_t signals;
        std::vector<std::size_t> bytes_needed;
    };
    [[noreturn]] void refuse(std::size_t message, std::size_t values) const;

    std::string name_;
    std::vector<Message> messages_;
    std::vector<Functions> functions_;  // by message
};

}  // namespace bmsrig
