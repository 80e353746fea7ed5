// Blocks: how changes and texts lie in a record, packed and compressed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rig/trace.h"

namespace bmsrig {

/// Packs changes column by column. Of `back` only each signal's first one in the block is kept: the
/// others follow from the order of the changes, and are taken to be consistent with it. Throws
/// Error if a signal's number is 2^20 or more.
std::string encode_changes(std::span<const Change> changes);
/// One block of changes as encode_changes packed it. Throws InputError if the bytes are no such
/// block.
std::vector<Change> decode_changes(std::string_view blob);

/// Compresses any bytes.
std::string encode_text(std::string_view text);
/// The bytes that encode_text was given. Throws InputError if the blob is no such block.
std::string decode_text(std::string_view blob);

}  // namespace bmsrig
