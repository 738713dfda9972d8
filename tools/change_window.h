#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace scimledger::tools {

/// Hours of the week, in some time zone, in which changes are expected:
/// `Mon-Fri 08:00-18:00; Sat 09:00-12:00`. A span that ends at or before it begins goes on into the
/// next day (`Mon-Sun 22:00-06:00`).
class ChangeWindow {
 public:
  /// `zone`: a name of the time zone database, `Europe/Berlin`. The error says what is accepted.
  [[nodiscard]] static std::expected<ChangeWindow, std::string> Parse(const std::string& text,
                                                                      const std::string& zone);
  ~ChangeWindow();
  ChangeWindow(ChangeWindow&&) noexcept;
  ChangeWindow& operator=(ChangeWindow&&) noexcept;

  bool Contains(std::int64_t time_us) const;
  /// `Sat 23:10`, as the clock of that zone showed.
  std::string ShowLocal(std::int64_t time_us) const;

 private:
  struct Calendar;
  struct Span {
    std::array<bool, 7> days{};  ///< Monday first
    int begin = 0;               ///< minutes of the day
    int end = 0;
  };
  /// Day (Monday is 0) and minute of it.
  struct LocalTime {
    int day = 0;
    int minute = 0;
  };

  ChangeWindow(std::vector<Span> spans, std::unique_ptr<Calendar> calendar);
  static std::expected<Span, std::string> ParseSpan(const std::string& text);
  LocalTime LocalTimeOf(std::int64_t time_us) const;

  std::vector<Span> spans_;
  std::unique_ptr<Calendar> calendar_;
};

}  // namespace scimledger::tools
