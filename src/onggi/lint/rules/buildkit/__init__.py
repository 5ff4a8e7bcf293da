"""BuildKit's build checks, in its order (moby/buildkit, frontend/dockerfile/linter/ruleset.go)."""

from __future__ import annotations

from onggi.lint.rule import Rule
from onggi.lint.rules.buildkit import (
    consistent_instruction_casing,
    copy_ignored_file,
    duplicate_stage_name,
    expose_invalid_format,
    expose_proto_casing,
    from_as_casing,
    from_platform_flag_const_disallowed,
    invalid_base_image_platform,
    invalid_default_arg_in_from,
    invalid_definition_description,
    json_args_recommended,
    legacy_key_value_format,
    maintainer_deprecated,
    multiple_instructions_disallowed,
    no_empty_continuation,
    redundant_target_platform,
    reserved_stage_name,
    secrets_used_in_arg_or_env,
    stage_name_casing,
    undefined_arg_in_from,
    undefined_var,
    workdir_relative_path,
)

RULES: tuple[Rule, ...] = (
    stage_name_casing.RULE,
    from_as_casing.RULE,
    no_empty_continuation.RULE,
    consistent_instruction_casing.RULE,
    duplicate_stage_name.RULE,
    reserved_stage_name.RULE,
    json_args_recommended.RULE,
    maintainer_deprecated.RULE,
    undefined_arg_in_from.RULE,
    workdir_relative_path.RULE,
    undefined_var.RULE,
    multiple_instructions_disallowed.RULE,
    legacy_key_value_format.RULE,
    invalid_base_image_platform.RULE,
    redundant_target_platform.RULE,
    secrets_used_in_arg_or_env.RULE,
    invalid_default_arg_in_from.RULE,
    from_platform_flag_const_disallowed.RULE,
    copy_ignored_file.RULE,
    invalid_definition_description.RULE,
    expose_proto_casing.RULE,
    expose_invalid_format.RULE,
)
