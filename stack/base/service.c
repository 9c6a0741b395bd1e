#include "base/service.h"

static const char *const kind_names[SERVICES_KINDS] = {
	[SERVICE_NONE] = "NONE",
	[SERVICE_CONNECT] = "CONNECT",
	[SERVICE_DATA] = "DATA",
	[SERVICE_TYPED_DATA] = "TYPED-DATA",
	[SERVICE_EXPEDITED_DATA] = "EXPEDITED-DATA",
	[SERVICE_CAPABILITY_DATA] = "CAPABILITY-DATA",
	[SERVICE_TOKEN_GIVE] = "TOKEN-GIVE",
	[SERVICE_TOKEN_PLEASE] = "TOKEN-PLEASE",
	[SERVICE_CONTROL_GIVE] = "CONTROL-GIVE",
	[SERVICE_SYNC_MINOR] = "SYNC-MINOR",
	[SERVICE_SYNC_MAJOR] = "SYNC-MAJOR",
	[SERVICE_RESYNCHRONIZE] = "RESYNCHRONIZE",
	[SERVICE_U_EXCEPTION] = "U-EXCEPTION",
	[SERVICE_P_EXCEPTION] = "P-EXCEPTION",
	[SERVICE_ACTIVITY_START] = "ACTIVITY-START",
	[SERVICE_ACTIVITY_RESUME] = "ACTIVITY-RESUME",
	[SERVICE_ACTIVITY_INTERRUPT] = "ACTIVITY-INTERRUPT",
	[SERVICE_ACTIVITY_DISCARD] = "ACTIVITY-DISCARD",
	[SERVICE_ACTIVITY_END] = "ACTIVITY-END",
	[SERVICE_RELEASE] = "RELEASE",
	[SERVICE_U_ABORT] = "U-ABORT",
	[SERVICE_P_ABORT] = "P-ABORT",
	[SERVICE_DISCONNECT] = "DISCONNECT",
	[SERVICE_TRANSFER] = "TRANSFER",
	[SERVICE_TIMER] = "TIMER",
};

const struct service service_none;
const struct service_names service_nobody;

const char *service_kind_name(enum service_kind kind)
{
	return (unsigned)kind < SERVICES_KINDS ? kind_names[kind] : "?";
}

const char *service_type_name(enum service_type type)
{
	static const char *const names[] = { "req", "ind", "rsp", "cnf" };

	return (unsigned)type < 4 ? names[type] : "?";
}
