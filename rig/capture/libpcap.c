#include "capture/libpcap.h"

struct libpcap libpcap;
static struct late_library library =
	LATE_LIBRARY("libpcap.so.0.8", "libpcap0.8", libpcap, LIBPCAP_CALLS);

bool libpcap_load(char *why, size_t why_cap)
{
	return late_load(&library, why, why_cap);
}
