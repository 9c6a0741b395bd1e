#include "mta/defect_inner.h"

const struct defect defects_message[] = {
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
