#include "reports/frame.h"

#include <zstd.h>

#include <memory>

#include "rig/error.h"

namespace bmsrig {

namespace {

constexpr std::size_t magic_size = 4;
/// Far above what a record holds in one block; keeps a damaged length from asking for all memory.
constexpr unsigned long long most_content = 1ULL << 30U;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

std::string pack_frame(std::string_view magic, std::string_view content, int level) {
    // One context for each thread: making one costs more than compressing a small block.
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string frame(magic_size + ZSTD_compressBound(content.size()), '\0');
    magic.copy(frame.data(), magic_size);
    const std::size_t size =
        ZSTD_compress2(context.get(), frame.data() + magic_size, frame.size() - magic_size,
                       content.data(), content.size());
    if (ZSTD_isError(size) != 0) {
        throw Error("cannot compress " + std::to_string(content.size()) +
                    " bytes: " + ZSTD_getErrorName(size));
    }
    frame.resize(magic_size + size);
    return frame;
}

std::string unpack_frame(std::string_view magic, std::string_view frame, std::string_view what) {
    const auto refuse = [&, bytes = frame.size()](const std::string& why) {
        return InputError("these " + std::to_string(bytes) + " bytes are not " + std::string(what) +
                          ": " + why);
    };
    if (!frame.starts_with(magic))
        throw refuse("they do not begin with \"" + std::string(magic) + "\"");
    frame.remove_prefix(magic_size);
    const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > most_content) {
        throw refuse("the compressed part does not state a sensible length");
    }
    std::string content(static_cast<std::size_t>(size), '\0');
    const std::size_t got =
        ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size());
    if (ZSTD_isError(got) != 0) throw refuse(ZSTD_getErrorName(got));
    if (got != content.size()) throw refuse("the compressed part is shorter than it states");
    return content;
}

}  // namespace bmsrig
