/* irq_to_desc() is not exported to modules; an interrupt's data leads to the same descriptor. */
#include <linux/irq.h>
#include <linux/irqdesc.h>
#define irq_to_desc(irq) irq_data_to_desc(irq_get_irq_data(irq))
