/* A condition made ready: every name is an index, every constant has the type of what it is compared with. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/query-private.h"
#include "management/value-private.h"

struct node {
    enum tri_expression_kind kind;
    enum tri_operator operator;
    struct node *parts, *next;
    int property; /* index, or -1: a system property */
    enum tri_system_property system;
    const char *members;       /* the query's: "Name.Other" behind the property, which holds an object; or NULL */
    struct tri_value value;    /* of the property's type where it could be converted; else the query's */
    bool owns_value, is_exact; /* exact: of the property's type */
    struct node *other;        /* the property it is compared with, instead of the value; or NULL */
};

struct tri_condition {
    struct tri_query *query; /* a reference: texts are borrowed from it */
    struct tri_arena arena;
    struct node *root;
    uint64_t *wanted;
    size_t word_count;
};

/* What making one takes along. */
struct binding {
    struct tri_condition *condition;
    const struct tri_class *cls;
    struct tri_error *error;
};

/* ---- making: properties ---- */

static int refuse_property(const struct binding *binding, const char *property, const char *why)
{
    return tri_error_set(binding->error, TRI_MANAGEMENT_INVALID_QUERY, property,
                         "The query's condition cannot be asked: %s of class %s %s.", property, binding->cls->name,
                         why);
}

static void want(const struct binding *binding, int property)
{
    binding->condition->wanted[property / 64] |= 1ull << (property % 64);
}

static int bind_system(const struct binding *binding, const char *name, struct node *node, int system)
{
    if (system < 0)
        return tri_error_set(binding->error, TRI_MANAGEMENT_INVALID_QUERY, name,
                             "The class %s has no property %s, which the query's condition names.", binding->cls->name,
                             name);
    if (system == TRI_SYSTEM_DERIVATION && node->kind == TRI_EXPRESSION_COMPARE)
        return refuse_property(binding, name, "is an array, which has no order and equals nothing");
    node->property = -1;
    node->system = (enum tri_system_property)system;
    if (system == TRI_SYSTEM_PATH || system == TRI_SYSTEM_RELPATH)
        for (size_t i = 0; i < binding->cls->key_count; i++)
            want(binding, binding->cls->keys[i]);
    return 0;
}

/* name: as the query writes it, which the node borrows. */
static int bind_property(const struct binding *binding, const char *name, struct node *node)
{
    size_t length = strcspn(name, ".");
    TRI_AUTO_FREE char *first = strndup(name, length);
    if (!first)
        return tri_error_no_memory(binding->error);
    bool has_members = name[length];
    node->property = tri_class_find(binding->cls, first);
    if (node->property < 0)
        return bind_system(binding, name, node, has_members ? -1 : tri_system_property_find(first));
    node->members = has_members ? name + length + 1 : NULL;
    want(binding, node->property);
    if (!has_members || binding->cls->properties[node->property].type == TRI_CIM_OBJECT)
        return 0;
    return tri_error_set(
        binding->error,
        tri_class_is_a(binding->cls, "__Event") ? TRI_MANAGEMENT_PROPERTY_NOT_AN_OBJECT : TRI_MANAGEMENT_INVALID_QUERY,
        name, "%s of class %s is no object, and so has no %s.", first, binding->cls->name, name + length + 1);
}

static uint16_t type_of(const struct binding *binding, const struct node *node)
{
    if (node->property >= 0)
        return binding->cls->properties[node->property].type;
    return node->system == TRI_SYSTEM_GENUS || node->system == TRI_SYSTEM_PROPERTY_COUNT ? TRI_CIM_SINT32
                                                                                         : TRI_CIM_STRING;
}

/* ---- making: constants ---- */

static int check_operator(const struct binding *binding, const char *name, enum tri_operator operator, uint16_t type)
{
    enum tri_cim_kind kind = tri_cim_kind(type);
    if (type & TRI_CIM_ARRAY)
        return refuse_property(binding, name, "is an array, which can only be asked whether it is NULL");
    if (operator== TRI_WQL_ISA)
        return type == TRI_CIM_OBJECT ? 0 : refuse_property(binding, name, "is no object, which ISA asks about");
    if (type == TRI_CIM_OBJECT)
        return refuse_property(binding, name, "is an object, which only ISA can be asked about");
    if (operator== TRI_WQL_LIKE)
        return kind == TRI_KIND_TEXT ? 0 : refuse_property(binding, name, "is no text, which LIKE asks about");
    if (kind == TRI_KIND_BOOLEAN && operator!= TRI_WQL_EQ && operator!= TRI_WQL_NE)
        return refuse_property(binding, name, "is a boolean, which can be compared with = and <> only");
    return 0;
}

static bool is_integer(const struct tri_value *value)
{
    return value->type == TRI_CIM_SINT64 || value->type == TRI_CIM_UINT64;
}

/* The informal spellings of a moment are read once, not for each object. */
static void convert_moment(struct node *node)
{
    struct timespec moment;
    struct tri_value made = {.type = TRI_CIM_DATETIME};
    if (node->value.type != TRI_CIM_STRING || !tri_datetime_parse_informal(node->value.string, &moment))
        return;
    tri_value_set_time(&made, &moment);
    node->owns_value = made.is_set;
    node->value = made.is_set ? made : node->value;
}

/* A constant that has no exact counterpart of that type stays what it is, and is compared by value. -ENOMEM. */
static int convert_constant(struct node *node, uint16_t type)
{
    struct tri_value made = {.type = type};
    enum tri_cim_kind kind = tri_cim_kind(type);
    bool is_number = kind == TRI_KIND_SIGNED || kind == TRI_KIND_UNSIGNED;
    bool is_equality = node->operator== TRI_WQL_EQ || node->operator== TRI_WQL_NE;
    if (node->value.type == type || (is_number && !is_integer(&node->value) && node->value.type != TRI_CIM_STRING))
        return 0;
    if (type == TRI_CIM_DATETIME) {
        convert_moment(node);
        return 0;
    }
    /* A number that equals a text is its digits; one that is less or more is a number. */
    if (type == TRI_CIM_STRING && !(is_integer(&node->value) && is_equality))
        return 0;
    int r = tri_value_convert(&node->value, &made);
    if (r == 0) {
        node->value = made;
        node->owns_value = true;
    }
    return r == -ENOMEM ? r : 0;
}

/* Of an embedded object's property nothing is known before there is one. */
static int check_type(const struct binding *binding, const char *name, enum tri_operator operator,
                      const struct node * node)
{
    return node->members ? 0 : check_operator(binding, name, operator, type_of(binding, node));
}

static int bind_other(const struct binding *binding, const struct tri_expression *term, struct node *node)
{
    struct node *other = tri_arena_take(&binding->condition->arena, sizeof(*other));
    if (!other)
        return tri_error_no_memory(binding->error);
    other->kind = node->kind;
    node->other = other;
    int r = check_type(binding, term->property, term->operator, node);
    if (r == 0)
        r = bind_property(binding, term->other, other);
    return r == 0 ? check_type(binding, term->other, term->operator, other) : r;
}

static int bind_compare(const struct binding *binding, const struct tri_expression *term, struct node *node)
{
    uint16_t type = type_of(binding, node);
    if (term->other)
        return bind_other(binding, term, node);
    node->value = term->value;
    int r = check_type(binding, term->property, term->operator, node);
    if (node->members)
        return r;
    if (r == 0 && term->operator!= TRI_WQL_LIKE && term->operator!= TRI_WQL_ISA)
        r = convert_constant(node, type);
    node->is_exact = node->value.type == type;
    return r == -ENOMEM ? tri_error_no_memory(binding->error) : r;
}

/* ---- making: the tree, no deeper than the query's ---- */

static int bind(const struct binding *binding, const struct tri_expression *expression, struct node **ret);

static int bind_parts(const struct binding *binding, const struct tri_expression *expression, struct node *node)
{
    struct node **end = &node->parts;
    int r = 0;
    for (const struct tri_expression *part = expression->parts; r == 0 && part; part = part->next) {
        r = bind(binding, part, end);
        if (r == 0)
            end = &(*end)->next;
    }
    return r;
}

static int bind(const struct binding *binding, const struct tri_expression *expression, struct node **ret)
{
    struct node *node = tri_arena_take(&binding->condition->arena, sizeof(*node));
    if (!node)
        return tri_error_no_memory(binding->error);
    *ret = node;
    node->kind = expression->kind;
    node->operator= expression->operator;
    if (expression->parts)
        return bind_parts(binding, expression, node);
    int r = bind_property(binding, expression->property, node);
    return r == 0 && expression->kind == TRI_EXPRESSION_COMPARE ? bind_compare(binding, expression, node) : r;
}

static void clear_values(struct node *node)
{
    for (; node; node = node->next) {
        if (node->owns_value)
            tri_value_clear(&node->value);
        clear_values(node->parts);
    }
}

void tri_condition_free(struct tri_condition *condition)
{
    if (!condition)
        return;
    clear_values(condition->root);
    tri_arena_clear(&condition->arena);
    tri_query_unref(condition->query);
    free(condition);
}

int tri_condition_new(const struct tri_query *query, const struct tri_class *cls, struct tri_condition **ret,
                      struct tri_error *error)
{
    struct tri_condition *condition = calloc(1, sizeof(*condition));
    if (!condition)
        return tri_error_no_memory(error);
    condition->query = tri_query_ref((struct tri_query *)query);
    condition->word_count = (cls->property_count + 63) / 64;
    condition->wanted = tri_arena_take(&condition->arena, (condition->word_count + 1) * sizeof(uint64_t));
    struct binding binding = {condition, cls, error};
    int r = condition->wanted ? 0 : tri_error_no_memory(error);
    if (r == 0 && query->where)
        r = bind(&binding, query->where, &condition->root);
    if (r < 0)
        tri_condition_free(condition);
    else
        *ret = condition;
    return r;
}

/* ---- asking ---- */

static bool holds(enum tri_operator operator, int order)
{
    switch (operator) {
    case TRI_WQL_EQ:
        return order == 0;
    case TRI_WQL_NE:
        return order != 0;
    case TRI_WQL_LT:
        return order < 0;
    case TRI_WQL_LE:
        return order <= 0;
    case TRI_WQL_GT:
        return order > 0;
    case TRI_WQL_GE:
        return order >= 0;
    default:
        return false;
    }
}

static bool compares(const struct node *node, const struct tri_value *left, const struct tri_value *right)
{
    int order;
    return tri_value_compare(left, right, &order) && holds(node->operator, order);
}

static bool answers(const struct node *node, const struct tri_value *value)
{
    if (node->kind == TRI_EXPRESSION_NULL)
        return value->is_set == (node->operator== TRI_WQL_NE);
    if (!value->is_set || (value->type & TRI_CIM_ARRAY))
        return false;
    if (node->operator== TRI_WQL_ISA)
        return value->type == TRI_CIM_OBJECT && tri_class_is_a(value->object->cls, node->value.string);
    if (node->operator== TRI_WQL_LIKE)
        return tri_cim_kind(value->type) == TRI_KIND_TEXT && tri_like(value->string, node->value.string);
    return compares(node, value, &node->value);
}

/* What a node's property is in an object. A system property is made for it. */
struct found {
    const struct tri_value *value; /* NULL: there is none of that name */
    struct tri_value made;
    bool owns_made;
};

static void found_clear(struct found *found)
{
    if (found->owns_made)
        tri_value_clear(&found->made);
}

static void find_system(const struct tri_cim_object *object, enum tri_system_property system, struct found *ret)
{
    ret->owns_made = system != TRI_SYSTEM_CLASS;
    if (!ret->owns_made)
        ret->made =
            (struct tri_value){.type = TRI_CIM_STRING, .is_set = object->cls->name, .string = object->cls->name};
    else if (tri_cim_object_system(object, system, &ret->made) < 0)
        return;
    ret->value = &ret->made;
}

/* "Name.Other" of an object that is a property's value. */
static void find_member(const char *members, const struct tri_value *value, struct found *ret)
{
    char name[300];
    for (;; members += strlen(name) + 1) {
        size_t length = strcspn(members, ".");
        if (!value->is_set || value->type != TRI_CIM_OBJECT || length >= sizeof(name))
            return;
        memcpy(name, members, length);
        name[length] = '\0';
        const struct tri_cim_object *object = value->object;
        value = tri_cim_object_find(object, name);
        int system = value || members[length] ? -1 : tri_system_property_find(name);
        if (system >= 0) {
            find_system(object, (enum tri_system_property)system, ret);
            return;
        }
        if (!value || !members[length]) {
            ret->value = value;
            return;
        }
    }
}

static void find(const struct node *node, const struct tri_cim_object *object, struct found *ret)
{
    *ret = (struct found){0};
    if (node->property < 0)
        find_system(object, node->system, ret);
    else if (node->members)
        find_member(node->members, tri_cim_object_value(object, node->property), ret);
    else
        ret->value = tri_cim_object_value(object, node->property);
}

/* What is not there is not found, and does not match. */
static bool matches_found(const struct node *node, const struct tri_cim_object *object)
{
    TRI_CLEANUP(found_clear) struct found left;
    find(node, object, &left);
    if (!left.value || !node->other)
        return left.value && answers(node, left.value);
    TRI_CLEANUP(found_clear) struct found right;
    find(node->other, object, &right);
    return right.value && compares(node, left.value, right.value);
}

static bool matches(const struct node *node, const struct tri_cim_object *object)
{
    switch (node->kind) {
    case TRI_EXPRESSION_NOT:
        return !matches(node->parts, object);
    case TRI_EXPRESSION_AND:
    case TRI_EXPRESSION_OR:
        for (const struct node *part = node->parts; part; part = part->next)
            if (matches(part, object) == (node->kind == TRI_EXPRESSION_OR))
                return node->kind == TRI_EXPRESSION_OR;
        return node->kind == TRI_EXPRESSION_AND;
    default:
        if (node->property < 0 || node->members || node->other)
            return matches_found(node, object);
        return answers(node, tri_cim_object_value(object, node->property));
    }
}

bool tri_condition_match(const struct tri_condition *condition, const struct tri_cim_object *object)
{
    return !condition->root || matches(condition->root, object);
}

void tri_condition_wanted(const struct tri_condition *condition, uint64_t *ret)
{
    for (size_t i = 0; i < condition->word_count; i++)
        ret[i] |= condition->wanted[i];
}

/* ---- what it demands ---- */

static const struct tri_value *find_equal(const struct node *node, int property)
{
    const struct tri_value *found = NULL;
    if (node->kind == TRI_EXPRESSION_AND) {
        for (const struct node *part = node->parts; part && !found; part = part->next)
            found = find_equal(part, property);
        return found;
    }
    bool demands = node->kind == TRI_EXPRESSION_COMPARE && node->operator== TRI_WQL_EQ &&
                                                           node->property == property && !node->other;
    return demands && node->is_exact && !node->members ? &node->value : NULL;
}

const struct tri_value *tri_condition_equals(const struct tri_condition *condition, int property)
{
    return condition->root ? find_equal(condition->root, property) : NULL;
}

/* ---- classes ---- */

static int ask_class(const struct tri_expression *term, const struct tri_class *cls, bool *ret, struct tri_error *error)
{
    bool is_this = tri_name_equal(term->property, "__this");
    const char *text = NULL;
    if (is_this && term->operator== TRI_WQL_ISA) {
        *ret = tri_class_is_a(cls, term->value.string);
        return 0;
    }
    if (tri_name_equal(term->property, "__CLASS"))
        text = cls->name;
    else if (tri_name_equal(term->property, "__SUPERCLASS"))
        text = cls->parent ? cls->parent->name : NULL;
    else if (tri_name_equal(term->property, "__DYNASTY"))
        text = tri_class_dynasty(cls);
    else
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_QUERY, term->property,
                             "Of meta_class, __CLASS, __SUPERCLASS, __DYNASTY and __this ISA can be asked, not %s%s.",
                             term->property, is_this ? " otherwise" : "");
    if (term->operator== TRI_WQL_ISA)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_QUERY, term->property,
                             "ISA can be asked of __this, not of %s.", term->property);
    const struct node node = {.kind = term->kind, .operator= term->operator, .value = term->value };
    *ret = answers(&node, &(struct tri_value){.type = TRI_CIM_STRING, .is_set = text, .string = (char *)text});
    return 0;
}

/* Every part is asked, so that a wrong one is found whatever the class. */
static int ask(const struct tri_expression *expression, const struct tri_class *cls, bool *ret, struct tri_error *error)
{
    if (!expression->parts)
        return ask_class(expression, cls, ret, error);
    bool answer = expression->kind == TRI_EXPRESSION_AND, part_answer = false;
    for (const struct tri_expression *part = expression->parts; part; part = part->next) {
        int r = ask(part, cls, &part_answer, error);
        if (r < 0)
            return r;
        answer = expression->kind == TRI_EXPRESSION_AND ? answer && part_answer : answer || part_answer;
    }
    *ret = expression->kind == TRI_EXPRESSION_NOT ? !part_answer : answer;
    return 0;
}

int tri_schema_match(const struct tri_query *query, const struct tri_class *cls, bool *ret, struct tri_error *error)
{
    bool answer = true;
    int r = query->where ? ask(query->where, cls, &answer, error) : 0;
    if (r == 0)
        *ret = answer;
    return r;
}
