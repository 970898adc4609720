// The header is C++ too, in several files of one program and however often it is included.
#include <flete.h>
#include <flete.h>

#include <cstdio>
#include <cstring>
#include <memory>

// C linkage has ended: this would be an error within extern "C".
template <typename T> static T same(T value) { return value; }

int main() {
    const char *config = R"({"accounts": [{"carrier": "fruno", "environment": "sandbox"}]})";
    const flete_client client = flete_open(config, std::strlen(config), nullptr);
    const std::unique_ptr<char, decltype(&flete_string_free)> reply(
        flete_invoke(client, "describe", nullptr, 0), flete_string_free);
    flete_log(0, nullptr, nullptr);
    flete_close(same(client));
    const bool well = std::strncmp(reply.get(), "{\"ok\":true", 10) == 0;
    std::printf("%d passed, %d failed\n", well, !well);
    return !well;
}
