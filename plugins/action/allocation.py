# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of the module `allocation`."""

from __future__ import annotations

from ..plugin_utils.matrix_action import ModuleOfMatrix


class ActionModule(ModuleOfMatrix):
    """Runs the module with a matrix that is known to be right."""

    module = "bbworlds.good_neighbor.allocation"
