#include "mta/defect_inner.h"

const struct defect defects_association[] = {
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
