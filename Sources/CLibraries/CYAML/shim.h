#ifndef WARREN_CYAML_SHIM_H
#define WARREN_CYAML_SHIM_H

#include <yaml.h>

#endif
