// SQLite behind two small classes: a database and its prepared statements, with errors that name
// the file.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bmsrig {

/// Bytes that are no text.
struct Blob {
    std::string_view bytes;
};

class Database;

/// A prepared statement. Lives at most as long as its database.
class Statement {
  public:
    Statement(Database& database, std::string_view sql);

    /// Binds all parameters, runs the statement to its end and makes it ready for the next time.
    /// Throws Error as Database::fail does.
    template <typename... Values>
    void run(const Values&... values) {
        start(values...);
        while (step()) {
        }
    }
    /// Binds all parameters; then call step() for each row.
    template <typename... Values>
    void start(const Values&... values) {
        sqlite3_reset(handle_.get());
        int index = 0;
        (bind(++index, values), ...);
    }
    /// False when there is no further row; the statement is then reset.
    bool step();

    [[nodiscard]] std::int64_t integer(int column) const {
        return sqlite3_column_int64(handle_.get(), column);
    }
    [[nodiscard]] double real(int column) const {
        return sqlite3_column_double(handle_.get(), column);
    }
    [[nodiscard]] bool is_null(int column) const;
    /// Text or blob; valid until the next step().
    [[nodiscard]] std::string_view bytes(int column) const;

  private:
    void bind(int index, std::int64_t value);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, double value);
    void bind(int index, const std::optional<double>& value);
    /// Bytes that are not UTF-8 are stored as U+FFFD. The text must outlive the statement's run.
    void bind(int index, std::string_view text);
    void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
    void bind(int index, const char* text) { bind(index, std::string_view(text)); }
    void bind(int index, Blob blob);

    struct Finalize {
        void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
    };
    Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// An open database file, used from one thread at a time.
class Database {
  public:
    enum class Mode : unsigned char { read, write };
    /// Opens a file that exists. Throws Error if it cannot be opened.
    Database(const std::filesystem::path& file, Mode mode);

    /// Runs SQL without parameters, one statement or more.
    void execute(const char* sql);
    /// Starts a transaction unless one is open.
    void begin();
    /// Ends the transaction if one is open.
    void commit();

    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
    /// Throws Error: "<file>: <SQLite's words>; <what to do>".
    [[noreturn]] void fail() const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    std::string file_;
    std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace bmsrig
