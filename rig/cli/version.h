/*
 * version: which x400rig this is; packaging/deb.sh takes it from here.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#define X400RIG_VERSION "0.2.0"

#endif
