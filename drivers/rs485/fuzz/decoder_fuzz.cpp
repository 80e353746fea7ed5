// Any bytes, in pieces of any size: the decoder finds exactly the frames that the plainest search
// finds, and a frame behind a pause is found whatever stood before it. The first byte of the input
// says how the rest is cut.
#include "drivers/rs485/decoder.h"
#include "drivers/rs485/fuzz/property.h"

using namespace bmsrig::rs485;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = 1U + data[0];
    const std::span<const Byte> bytes{data + 1, size - 1};

    std::vector<std::vector<Byte>> found;
    const auto keep = [&found](const Frame& frame) {
        const EncodedFrame again = encode(frame);
        found.emplace_back(again.bytes().begin(), again.bytes().end());
    };
    Decoder decoder;
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        decoder.received(bytes.subspan(at, std::min(piece, bytes.size() - at)), Time{0}, keep);
    decoder.expire(longest_gap, keep);
    require(!decoder.due(), "nothing is held after a pause");
    require(found == frames_found_plainly(bytes), "the frames found are those that stand there");

    std::size_t framed = 0;
    for (const std::vector<Byte>& frame : found) framed += frame.size();
    require(framed + decoder.counts().dropped_bytes == bytes.size(), "every byte is accounted for");
    require(found.size() == decoder.counts().frames, "every frame is counted");

    // Again without waiting for the decoder to be asked: the pause alone must do.
    const EncodedFrame query = encode({1, 0, payload_of("LCD1?")});
    Decoder late;
    bool last_is_query = false;
    const auto look = [&](const Frame& frame) {
        last_is_query = text_of(frame.payload) == "LCD1?";
    };
    late.received(bytes, Time{0}, look);
    late.received(query.bytes(), longest_gap, look);
    require(last_is_query, "a frame behind a pause is found");
    return 0;
}
