#include "storage/manifest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include "storage/hash.h"

namespace scimledger::storage {
namespace {

constexpr std::string_view kFormatLine = "scimledger-replay 0";

std::filesystem::path FileIn(const std::filesystem::path& directory) {
  return directory / "manifest";
}

std::string Encode(const Manifest& manifest) {
  return fmt::format("{}\ntenant {}\nlog {}\nsequence {}\ntime {}\nleaf {}\ndigest {}\n",
                     kFormatLine, manifest.tenant, manifest.log_id.ToString(),
                     manifest.sequence.value, manifest.time_us, ToHex(manifest.leaf_hash),
                     ToHex(manifest.digest));
}

std::unexpected<Error> IoError(std::string_view what, const std::filesystem::path& path) {
  const int number = errno;
  return Fail(number == ENOSPC || number == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("cannot {} {}: {}", what, path.string(),
                          std::generic_category().message(number)));
}

/// Opens, does `work` on the descriptor, syncs and closes.
template <typename Work>
[[nodiscard]] Result<void> WithDescriptor(const std::filesystem::path& path, int flags,
                                          const Work& work) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) return IoError("open", path);
  const bool is_done = work(descriptor) && fsync(descriptor) == 0;
  const auto failure = IoError("write", path);
  close(descriptor);
  if (!is_done) return failure;
  return {};
}

/// The value of the next line, which must begin with `word`.
std::optional<std::string_view> TakeLine(std::string_view& text, std::string_view word) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(word) || end <= word.size() ||
      text[word.size()] != ' ') {
    return std::nullopt;
  }
  const std::string_view value = text.substr(word.size() + 1, end - word.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

template <typename Number>
bool Read(std::optional<std::string_view> value, Number& number) {
  if (!value) return false;
  const char* const end = value->data() + value->size();
  const auto parsed = std::from_chars(value->data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

bool Read(std::optional<std::string_view> value, Hash& hash) {
  if (!value || value->size() != hash.size() * 2) return false;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const char* const digits = value->data() + i * 2;
    const auto parsed = std::from_chars(digits, digits + 2, hash[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != digits + 2) return false;
  }
  return true;
}

bool Read(std::optional<std::string_view> value, Uuid& id) {
  const std::optional<Uuid> parsed = value ? Uuid::Parse(*value) : std::nullopt;
  if (parsed) id = *parsed;
  return parsed.has_value();
}

bool Read(std::optional<std::string_view> value, std::string& text) {
  if (value) text = *value;
  return value && !text.empty();
}

bool Decode(std::string_view text, Manifest& manifest) {
  return Read(TakeLine(text, "tenant"), manifest.tenant) &&
         Read(TakeLine(text, "log"), manifest.log_id) &&
         Read(TakeLine(text, "sequence"), manifest.sequence.value) &&
         Read(TakeLine(text, "time"), manifest.time_us) &&
         Read(TakeLine(text, "leaf"), manifest.leaf_hash) &&
         Read(TakeLine(text, "digest"), manifest.digest) && text.empty();
}

}  // namespace

bool HasManifest(const std::filesystem::path& directory) {
  std::error_code ignored;
  return std::filesystem::exists(FileIn(directory), ignored);
}

Result<void> WriteManifest(const std::filesystem::path& directory, const Manifest& manifest) {
  const std::string text = Encode(manifest);
  const std::filesystem::path file = FileIn(directory);
  const std::filesystem::path partial = file.string() + ".partial";
  SCIMLEDGER_TRY(WithDescriptor(partial, O_WRONLY | O_CREAT | O_TRUNC, [&](int descriptor) {
    return write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }));
  if (rename(partial.c_str(), file.c_str()) != 0) return IoError("rename", partial);
  return WithDescriptor(directory, O_RDONLY | O_DIRECTORY, [](int) { return true; });
}

Result<Manifest> ReadManifest(const std::filesystem::path& directory) {
  const std::filesystem::path file = FileIn(directory);
  if (!HasManifest(directory)) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("{} has no manifest: `replay --into` did not write it, or did not "
                            "finish",
                            directory.string()));
  }
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) return Fail(ErrorCode::kIo, fmt::format("cannot read {}", file.string()));
  std::string_view rest = text;
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  if (rest.substr(0, end) != kFormatLine) {
    return Fail(ErrorCode::kIncompatible,
                fmt::format("{} does not begin with \"{}\": it is of another version",
                            file.string(), kFormatLine));
  }
  rest.remove_prefix(std::min(end + 1, rest.size()));
  Manifest manifest;
  if (!Decode(rest, manifest)) {
    return Fail(ErrorCode::kCorrupt, fmt::format("{} is damaged", file.string()));
  }
  return manifest;
}

}  // namespace scimledger::storage
