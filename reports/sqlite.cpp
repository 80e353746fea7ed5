#include "reports/sqlite.h"

#include "reports/utf8.h"
#include "rig/error.h"

namespace bmsrig {

namespace {

/// A reader may look at the record while it is written; neither may wait for the other for long.
constexpr int busy_milliseconds = 2000;

std::string_view advice(int code) {
    switch (code & 0xFF) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
            return "; make room on the disk or choose another place for the record";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            return "; choose a folder that exists and can be written to";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "; close the program that holds the record open";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "; the file is damaged or no record";
        default:
            return "";
    }
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) database.fail();
}

bool Statement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) {
        try {
            database_->fail();
        } catch (...) {
            sqlite3_reset(handle_.get());  // after fail() has taken SQLite's words
            throw;
        }
    }
    sqlite3_reset(handle_.get());
    return false;
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(handle_.get(), column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

void Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), index, value);
}

void Statement::bind(int index, double value) {
    sqlite3_bind_double(handle_.get(), index, value);
}

void Statement::bind(int index, const std::optional<double>& value) {
    if (value) {
        sqlite3_bind_double(handle_.get(), index, *value);
    } else {
        sqlite3_bind_null(handle_.get(), index);
    }
}

void Statement::bind(int index, std::string_view text) {
    std::string scratch;
    const std::string_view valid = valid_utf8(text, scratch);
    // The repaired text dies here, so SQLite must keep a copy; the usual text is left where it is.
    // An empty view may have no address, which SQLite would take for NULL.
    sqlite3_bind_text64(handle_.get(), index, valid.empty() ? "" : valid.data(), valid.size(),
                        scratch.empty() ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::bind(int index, Blob blob) {
    sqlite3_bind_blob64(handle_.get(), index, blob.bytes.empty() ? "" : blob.bytes.data(),
                        blob.bytes.size(), SQLITE_STATIC);
}

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file.string()) {
    sqlite3* handle = nullptr;
    const int flags = (mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(file_.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) fail();
    sqlite3_busy_timeout(handle, busy_milliseconds);
}

void Database::execute(const char* sql) {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Database::begin() {
    if (sqlite3_get_autocommit(handle_.get()) != 0) execute("BEGIN");
}

void Database::commit() {
    if (sqlite3_get_autocommit(handle_.get()) == 0) execute("COMMIT");
}

void Database::fail() const {
    throw Error(file_ + ": " + sqlite3_errmsg(handle_.get()) +
                std::string(advice(sqlite3_errcode(handle_.get()))));
}

}  // namespace bmsrig
