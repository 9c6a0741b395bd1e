#include "report/xml.h"

struct xml_calls xml;

static struct late_library library = LATE_LIBRARY("libxml2.so.2", "libxml2", xml, XML_CALLS);

bool xml_load(char *why, size_t why_cap)
{
	return late_load(&library, why, why_cap);
}
