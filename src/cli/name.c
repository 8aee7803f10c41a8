#include "name.h"

#include <stdint.h>
#include <sys/random.h>

#include "cli.h"
#include "output.h"

static const char *const manners[] = {
    "amber",  "brave", "brisk", "calm",  "clear", "coral", "eager", "early", "fair",  "fleet", "fond",
    "gentle", "glad",  "keen",  "light", "lucid", "merry", "mild",  "noble", "proud", "quick", "quiet",
    "ready",  "round", "sleek", "sober", "solid", "spry",  "sunny", "swift", "tidy",  "warm",
};

static const char *const animals[] = {
    "auk",    "bream",   "cod",  "crab", "curlew", "dolphin", "dunlin", "eel",    "egret", "gannet", "gull",
    "heron",  "herring", "ibis", "kelp", "loon",   "manta",   "marlin", "mullet", "otter", "petrel", "pike",
    "plover", "puffin",  "ray",  "seal", "shrimp", "skua",    "sole",   "squid",  "tern",  "tuna",
};

char *tri_name_new(void)
{
    uint16_t random[3] = {0};

    getrandom(random, sizeof(random), 0);
    return tri_text_format("%s-%s-%04x", manners[random[0] % TRI_COUNT(manners)],
                           animals[random[1] % TRI_COUNT(animals)], random[2]);
}
