/* A shared object that the link does not know, for its tests: one without an entry, or one with
 * that of another version. */
#include "rig/link/bms_link.h"

#if defined(OTHER_VERSION)
BMS_LINK_EXPORT const struct bms_link_entry* bms_link_get_entry(void);
const struct bms_link_entry* bms_link_get_entry(void) {
    static const struct bms_link_entry entry = {
        BMS_LINK_VERSION + 1, 7, NULL, NULL, NULL, NULL, NULL, NULL};
    return &entry;
}
#else
int foreign_object(void);
int foreign_object(void) {
    return BMS_LINK_VERSION;
}
#endif
